import { type AuditEvent, newId, permissionsOf, planOf } from '@plinth/contracts';
import { testMember } from '@plinth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import {
  type AccountExchanges,
  ACCOUNTS,
  accountToken,
  createAccountExchanges,
  newAccountWithClient,
} from '../testing/service-accounts.ts';

// What the token of a service account is exchanged for: the account as it is now.

let identity: Identity;
let exchanges: AccountExchanges;
beforeAll(async () => {
  identity = await startIdentity();
  exchanges = createAccountExchanges(identity);
});
afterAll(() => identity.close());
beforeEach(() => {
  identity.tenancy.locate = ({ scope: { tenantId } }) =>
    tenantId === undefined ? {} : { tenant: { id: tenantId, plan: 'starter', suspended: false } };
});

describe('the passport of a service account', () => {
  test('is the account’s: its rights in its organization, and the limits of one caller', async () => {
    const { owner, account } = await newAccountWithClient(identity);
    const { organizationId } = owner;
    const tenantId = newId('tenant');
    const { caller, limits, subjects, principal } = await exchanges.exchange(account.id, {
      scope: { tenantId },
    });
    expect(caller).toEqual({
      kind: 'serviceAccount',
      id: account.id,
      role: 'general:write',
      permissions: permissionsOf('general:write'),
      organizationId,
      tenantId,
      plan: 'starter',
      capabilities: planOf('starter').capabilities,
      suspended: false,
    });
    const { rates } = planOf('starter');
    expect(limits).toEqual([
      { policy: 'principal', key: account.id, quota: rates.principal, windowSeconds: 60 },
      { policy: 'tenant', key: tenantId, quota: rates.tenant, windowSeconds: 60 },
    ]);
    expect(subjects).toEqual([
      `principal:${account.id}`,
      `membership:${account.id}`,
      `tenant:${tenantId}`,
      `organization:${organizationId}`,
    ]);
    expect(principal).toBe(account.id);
  });

  test('holds what the account has now, where it has it', async () => {
    const [a, b] = [newId('tenant'), newId('tenant')];
    const { owner, url, account } = await newAccountWithClient(identity, {
      permissions: ['rows:read', 'rows:write'],
    });
    expect((await exchanges.exchange(account.id)).caller.permissions).toEqual(['rows:read', 'rows:write']);
    const payload = { role: 'general:read', permissions: null, tenantIds: [a] };
    await identity.send(owner, { method: 'PATCH', url, payload });
    const { caller } = await exchanges.exchange(account.id);
    expect(caller).toMatchObject({
      role: 'general:read',
      permissions: permissionsOf('general:read'),
      tenantId: a,
      reach: { tenantIds: [a] },
    });
    expect(await exchanges.refusal(account.id, { scope: { tenantId: b } })).toEqual([
      404,
      'TENANT_NOT_FOUND',
    ]);
  });

  test('is for no other organization, and within the tenant that its token is for', async () => {
    const { account } = await newAccountWithClient(identity);
    const elsewhere = { scope: { organizationId: newId('organization') } };
    expect(await exchanges.refusal(account.id, elsewhere)).toEqual([404, 'ORGANIZATION_NOT_FOUND']);
    const tenantId = newId('tenant');
    const token = accountToken(account.id, { tenantId });
    expect((await exchanges.exchange(account.id, { token })).caller.tenantId).toBe(tenantId);
    const scope = { tenantId: newId('tenant') };
    expect(await exchanges.refusal(account.id, { token, scope })).toEqual([404, 'TENANT_NOT_FOUND']);
    identity.tenancy.locate = () => null;
    expect(await exchanges.refusal(account.id, { scope })).toEqual([404, 'TENANT_NOT_FOUND']);
  });

  test('is none without a client of the platform’s own, whoever is called so', async () => {
    const { account } = await newAccountWithClient(identity);
    const payload = { name: 'A', role: 'ci' };
    const { body } = await identity.send(testMember('owner'), { method: 'POST', url: ACCOUNTS, payload });
    expect(await exchanges.refusal(body.id)).toEqual([401, 'TOKEN_INVALID']);
    expect(await exchanges.refusal(newId('serviceAccount'))).toEqual([401, 'TOKEN_INVALID']);
    const endUser = { realmId: newId('realm'), claims: { sub: account.id } };
    expect(await exchanges.refusal(account.id, { token: accountToken(account.id, { endUser }) })).toEqual([
      401,
      'TOKEN_INVALID',
    ]);
    // A person's token that has the id somewhere else is a person's.
    const token = { ...accountToken('plinth-console'), subject: account.id };
    expect(await exchanges.refusal(account.id, { token })).toEqual([401, 'TOKEN_INVALID']);
  });

  test('is told as the last use of the account, and once a day on record', async () => {
    const { owner, url, account } = await newAccountWithClient(identity);
    await exchanges.exchange(account.id, { clientAddress: '192.0.2.9' });
    await exchanges.exchange(account.id, { clientAddress: '192.0.2.9' });
    await identity.deps.usage.flush();
    const { body } = await identity.send(owner, { method: 'GET', url });
    expect(body).toMatchObject({ lastUsedFrom: '192.0.2.9', lastUsedAt: expect.any(String) });
    await exchanges.exchange(account.id);
    await identity.deps.usage.flush();
    const rows = await identity.database.query<{ payload: AuditEvent }>(
      `select payload from outbox where kind = 'audit' and payload ->> 'action' = 'serviceAccount.use'
       and payload -> 'target' ->> 'id' = $1`,
      [account.id],
    );
    expect(rows.map(({ payload }) => payload)).toEqual([
      expect.objectContaining({
        actor: { kind: 'serviceAccount', id: account.id },
        organizationId: owner.organizationId,
        clientAddress: '192.0.2.9',
      }),
    ]);
  });

  test('tells /v1/me what it is', async () => {
    const { account } = await newAccountWithClient(identity);
    const { caller } = await exchanges.exchange(account.id);
    const { body } = await identity.send(caller, { method: 'GET', url: '/v1/me' });
    expect(body).toMatchObject({
      principal: { id: account.id, kind: 'serviceAccount', name: 'Loader', email: null },
      organization: { id: caller.organizationId, role: 'general:write' },
      credential: { role: 'general:write', reach: null, expiresAt: null },
    });
  });
});
