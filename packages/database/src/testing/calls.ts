import { type Call, NEWEST_VERSION } from '@plinth/contracts';
import type { Queryable } from '../database.ts';
import type { Effect } from '../mutate.ts';

/** In place of what derives from a master key. */
export const KEYS = [Buffer.alloc(32, 7)];

export function callOf(
  changes: Partial<Call> & { body?: string; user?: string; organization?: string } = {},
): Call {
  const { body = 'body', user = 'usr_1', organization = 'org_1', ...rest } = changes;
  return {
    caller: {
      kind: 'member',
      id: user,
      email: 'a@example.com',
      organizationId: organization,
      permissions: [],
      capabilities: [],
      suspended: false,
    },
    operation: 'thing.create',
    correlationId: 'corr-0001',
    apiVersion: NEWEST_VERSION,
    traceparent: undefined,
    clientAddress: '127.0.0.1',
    userAgent: 'test',
    idempotencyKey: undefined,
    content: () => body,
    replay: undefined,
    ...rest,
  };
}

export const thingMade = (name: string): Effect<{ zeta: string; alpha: number }> => ({
  result: { zeta: name, alpha: 1 },
  audit: { target: { kind: 'thing', id: name }, changes: { name } },
  event: { type: 'thing.created', subject: { kind: 'thing', id: name }, data: { name } },
});

export async function makeThing(tx: Queryable, name: string) {
  await tx.query('INSERT INTO thing (name) VALUES ($1)', [name]);
  return thingMade(name);
}
