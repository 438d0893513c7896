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

test('a realm that is unknown opens nothing, nor does one whose plan, tenant or suspension says no now', async () => {
  const { realm, tenant } = await newRealm(identity);
  const tried = async (realmId = realm.id) => {
    const { status, body } = await exchange(realmId, tenant.id);
    return [status, body.error?.data.code];
  };
  expect(await tried(newId('realm'))).toEqual([401, 'TOKEN_INVALID']);
  tenant.suspended = true;
  expect(await tried()).toEqual([403, 'TENANT_SUSPENDED']);
  tenant.suspended = false;
  expect(await tried()).toEqual([200, undefined]);
  // Nobody has looked at the realm since.
  tenant.plan = 'free';
  expect(await tried()).toEqual([401, 'TOKEN_INVALID']);
  tenant.plan = 'pro';
  tenant.deleted = true;
  expect(await tried()).toEqual([401, 'TOKEN_INVALID']);
});
