import { randomUUID } from 'node:crypto';
import { newId } from '@plinth/contracts';
import type { Fleet } from '../fleet/fleet.ts';
import { type Load, type Sent, startLoad } from '../load.ts';
import { call, type Outcome, signIn } from './client.ts';

// What a busy installation is asked all the time, by one kind of request per thing that can be lost: what a caller with a
// passport reads and writes, what needs a new passport, who signs in, and who shows a token that is none.

export const EXPECTED = { read: 200, write: 201, exchange: 404, signIn: 200, forged: 401 } as const;
export type Kind = keyof typeof EXPECTED;

const PER_SECOND: Record<Kind, number> = { read: 8, write: 4, exchange: 4, signIn: 1, forged: 4 };

export interface Write {
  key: string;
  body: { slug: string; displayName: string; adminEmail: string };
  /** The tenant that was acknowledged. */
  id: string | undefined;
}

export interface Traffic extends Load<Outcome> {
  readonly writes: readonly Write[];
}

export const isAsExpected = ({ kind, outcome }: Sent<Outcome>): boolean =>
  outcome?.status === EXPECTED[kind as Kind];

export interface Caller {
  token: string;
  tenantId: string;
}

/** In turn through every gateway. */
export function startTraffic({ urls, users }: Fleet, { token, tenantId }: Caller): Traffic {
  const gatewayOf = (n: number): string => urls[n % urls.length] ?? '';
  // Of a key that is known, and not signed by it.
  const forged = `${token.slice(0, -8)}${token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'}`;
  const { owner: _, ...others } = users;
  const idle = Object.values(others);
  const writes: Write[] = [];

  async function write(n: number): Promise<Outcome> {
    const slug = `lost-${randomUUID().slice(0, 13)}`;
    const body = { slug, displayName: slug, adminEmail: 'ada@example.com' };
    const made: Write = { key: randomUUID(), body, id: undefined };
    writes.push(made);
    const outcome = await call(gatewayOf(n), 'POST', '/v1/tenants', { token, ...made });
    if (outcome.status === 201) made.id = outcome.body.id;
    return outcome;
  }

  /** Keycloak guards against guessing: it lets nobody sign in twice at almost the same time. */
  async function signInAsSomebody(n: number): Promise<Outcome> {
    const person = idle.shift() ?? users.owner;
    return signIn(gatewayOf(n), person).finally(() => idle.push(person));
  }

  const sends: Record<Kind, (n: number) => Promise<Outcome>> = {
    read: (n) => call(gatewayOf(n), 'GET', `/v1/tenants/${tenantId}`, { token }),
    write,
    // Nobody knows it, so that everybody has to be asked.
    exchange: (n) => call(gatewayOf(n), 'GET', `/v1/tenants/${newId('tenant')}`, { token }),
    signIn: signInAsSomebody,
    forged: (n) => call(gatewayOf(n), 'GET', `/v1/tenants/${tenantId}`, { token: forged }),
  };
  const kinds = Object.entries(sends).map(([kind, send]) => [
    kind,
    { perSecond: PER_SECOND[kind as Kind], send },
  ]);
  return { ...startLoad<Outcome>(Object.fromEntries(kinds)), writes };
}
