import { type Caller, newId } from '@plinth/contracts';
import { createPassportVerifier, createTrust } from '@plinth/passport';
import { testMember } from '@plinth/testing';
import { expect } from 'vitest';
import type { ServiceAccount } from '../service-account/service-account.schema.ts';
import type { Identity } from './harness.ts';
import { verifiedToken } from './verified-token.ts';

export const ACCOUNTS = '/v1/service-accounts';

/** A service account of an organization, with an OAuth client; both made over the API. */
export async function newAccountWithClient(
  { send }: Pick<Identity, 'send'>,
  more: object = {},
  owner: Caller = testMember('owner'),
) {
  const payload = { name: 'Loader', role: 'general:write', ...more };
  const made = await send(owner, { method: 'POST', url: ACCOUNTS, payload });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const account: ServiceAccount = made.body;
  const url = `${ACCOUNTS}/${account.id}`;
  const client = await send(owner, { method: 'POST', url: `${url}/client` });
  expect(client.status, JSON.stringify(client.body)).toBe(201);
  const { clientId, clientSecret }: { clientId: string; clientSecret: string } = client.body;
  return { owner, account, url, credentials: { client_id: clientId, client_secret: clientSecret } };
}

/** What the gateway has verified of the token of a service account. */
export function accountToken(id: string = newId('serviceAccount'), more: object = {}) {
  const { email: _, ...token } = verifiedToken({ clientId: id, emailVerified: false, ...more });
  return token;
}

/** Tokens of service accounts, shown to identity as the gateway shows them. */
export function createAccountExchanges({ internal, keys }: Pick<Identity, 'internal' | 'keys'>) {
  const trust = createTrust({ trustedKeysFile: keys.settings('tenancy').TRUSTED_KEYS_FILE });
  const passports = createPassportVerifier({ trust, service: 'tenancy' });

  const ask = (id: string, more: object = {}) =>
    internal('passport.exchange', {
      token: accountToken(id),
      scope: {},
      organization: 'required',
      service: 'tenancy',
      clientAddress: '192.0.2.7',
      ...more,
    });

  return {
    ask,
    async exchange(id: string, more: object = {}) {
      const { status, body } = await ask(id, more);
      expect(status, JSON.stringify(body)).toBe(200);
      const { passport, ...rest } = body.result.data;
      return { ...rest, caller: await passports.verify(passport) };
    },
    async refusal(id: string, more: object = {}): Promise<[status: number, code: string | undefined]> {
      const { status, body } = await ask(id, more);
      return [status, body.error?.data.code];
    },
  };
}

export type AccountExchanges = ReturnType<typeof createAccountExchanges>;
