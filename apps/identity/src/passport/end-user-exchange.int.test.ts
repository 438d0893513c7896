import { END_USER_PERMISSIONS, newId } from '@plinth/contracts';
import { createPassportVerifier, createTrust } from '@plinth/passport';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { newRealm } from '../testing/realms.ts';
import { verifiedToken } from '../testing/verified-token.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const CLAIMS = { sub: 'shopper-1', role: 'customer' };

function exchange(realmId: string, tenantId: string, more: object = {}) {
  const token = verifiedToken({ subject: 'shopper-1', endUser: { realmId, claims: CLAIMS }, ...more });
  return identity.internal('passport.exchange', {
    token,
    scope: { tenantId },
    organization: 'required',
    service: 'tenancy',
  });
}

const find = async (issuer: string) =>
  (await identity.internal('realm.find', { issuer })).body.result.data.realmId;

test('a realm is found by exactly its issuer', async () => {
  const { realm } = await newRealm(identity);
  expect(await find(realm.issuer)).toBe(realm.id);
  for (const issuer of [
    `${realm.issuer}/`,
    realm.issuer.toUpperCase(),
    `https://evil.example.com/realms/${realm.id}`,
    realm.id,
    identity.issuerUrl,
    `${realm.issuer.slice(0, realm.issuer.lastIndexOf('/'))}/${newId('realm')}`,
    '',
  ]) {
    expect(await find(issuer), issuer).toBeNull();
  }
});

test('an end user gets the data of its tenant, and its claims go along', async () => {
  const { realm, tenant } = await newRealm(identity);
  const { status, body } = await exchange(realm.id, tenant.id);
  expect(status, JSON.stringify(body)).toBe(200);
  const { passport, principal, subjects } = body.result.data;
  expect(principal).toBe(`${realm.id}/shopper-1`);
  expect(subjects).toContain(`tenant:${tenant.id}`);
  const trust = createTrust({ trustedKeysFile: identity.keys.settings('tenancy').TRUSTED_KEYS_FILE });
  expect(await createPassportVerifier({ trust, service: 'tenancy' }).verify(passport)).toMatchObject({
    kind: 'endUser',
    id: principal,
    claims: CLAIMS,
    tenantId: tenant.id,
    organizationId: tenant.organizationId,
    permissions: END_USER_PERMISSIONS,
  });
});

test('and nothing of another tenant, of the same organization or not', async () => {
  const [one, other] = [await newRealm(identity), await newRealm(identity)];
  const sibling = { ...one.tenant, id: newId('tenant') };
  identity.tenancy.tenants.push(sibling);
  for (const tenantId of [other.tenant.id, sibling.id, newId('tenant')]) {
    const { status, body } = await exchange(one.realm.id, tenantId);
    expect([status, body.error.data.code]).toEqual([404, 'TENANT_NOT_FOUND']);
  }
});

test('a realm that is unknown, or was switched off with its plan, opens nothing', async () => {
  const { realm, tenant, owner } = await newRealm(identity);
  expect((await exchange(newId('realm'), tenant.id)).status).toBe(401);
  tenant.plan = 'free';
  await identity.send(owner, { method: 'GET', url: `/v1/iam/realms/${realm.id}` });
  expect((await exchange(realm.id, tenant.id)).status).toBe(401);
});
