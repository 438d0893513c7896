import { AppError, type Call, NEWEST_VERSION, newId } from '@plinth/contracts';
import { createDatabase, type Database, KIT_MIGRATIONS, migrate } from '@plinth/database';
import { createTestDatabase, type TestDatabase, testMember } from '@plinth/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRefusalAudit, type RefusalAudit } from './refusal-audit.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const refused = new AppError('PERMISSION_DENIED', { details: { permission: 'tenants:write' } });

interface Refusal {
  actor: { kind: string; id: string };
  target: { kind: string; id: string };
  outcome: string;
  correlationId: string;
  changes: { times: number; code: string; permission?: string };
}

let testDatabase: TestDatabase;
let database: Database;
let audit: RefusalAudit;
let caller = testMember('viewer');

beforeAll(async () => {
  testDatabase = await createTestDatabase({
    template: 'kit',
    migrate: (url) => migrate({ url, directories: [KIT_MIGRATIONS], log: silent }),
  });
  database = createDatabase({ url: testDatabase.url, applicationName: 'refusal-audit', log: silent });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(() => {
  caller = testMember('viewer');
  audit = createRefusalAudit(database, silent);
});
afterEach(() => audit.close());

function call(more: Partial<Call> = {}): Call {
  return {
    caller,
    operation: 'tenant.create',
    correlationId: newId('event'),
    apiVersion: NEWEST_VERSION,
    traceparent: undefined,
    clientAddress: undefined,
    userAgent: undefined,
    idempotencyKey: undefined,
    content: () => '',
    replay: undefined,
    ...more,
  };
}

async function refusals(): Promise<Refusal[]> {
  const rows = await database.query<{ payload: Refusal }>('select payload from outbox order by id', []);
  return rows.map(({ payload }) => payload).filter(({ actor }) => actor.id === caller.id);
}

const times = (all: Refusal[]): number[] => all.map(({ changes }) => changes.times).sort();

test('a refusal is written at once, with who was refused what and why', async () => {
  const refusedCall = call();
  audit.record(refusedCall, refused);
  await expect.poll(refusals).toHaveLength(1);
  expect(await refusals()).toEqual([
    expect.objectContaining({
      actor: { kind: 'member', id: caller.id, email: caller.email },
      action: 'tenant.create',
      organizationId: caller.organizationId,
      target: { kind: 'operation', id: 'tenant.create' },
      outcome: 'denied',
      correlationId: refusedCall.correlationId,
      changes: { code: 'PERMISSION_DENIED', permission: 'tenants:write', times: 1 },
    }),
  ]);
});

test('its repeats are counted and written as one', async () => {
  for (let i = 0; i < 1_000; i++) audit.record(call(), refused);
  await audit.close();
  expect(times(await refusals())).toEqual([1, 999]);
});

test('another operation, another code and another caller count by themselves', async () => {
  const suspended = new AppError('TENANT_SUSPENDED');
  const other = testMember('viewer');
  audit.record(call(), refused);
  audit.record(call({ operation: 'tenant.remove' }), refused);
  audit.record(call(), suspended);
  audit.record(call({ caller: other }), refused);
  await audit.close();
  expect(times(await refusals())).toEqual([1, 1, 1]);
  caller = other;
  expect(times(await refusals())).toEqual([1]);
});

test('closing waits for what is being written', async () => {
  audit.record(call(), refused);
  await audit.close();
  expect(await refusals()).toHaveLength(1);
});

test('a database that is gone is logged, and the request goes on', async () => {
  const errors: string[] = [];
  const gone = createDatabase({ url: testDatabase.url, applicationName: 'gone', log: silent });
  await gone.close();
  const broken = createRefusalAudit(gone, {
    ...silent,
    error: (_details, message) => void errors.push(message),
  });
  expect(() => broken.record(call(), refused)).not.toThrow();
  await broken.close();
  expect(errors).toEqual(['an audit entry could not be written']);
});
