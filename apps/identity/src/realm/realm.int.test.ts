import { newId } from '@plinth/contracts';
import { testMember } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { newRealm, newTenant } from '../testing/realms.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
  await identity.app.listen({ host: '127.0.0.1', port: identity.port });
});
afterAll(() => identity.close());

const REALMS = '/v1/iam/realms';
const get = (caller: Parameters<Identity['send']>[0], url: string) =>
  identity.send(caller, { method: 'GET', url });
const codeOf = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [
  status,
  body.error?.code,
];

test('the realm of a tenant is there when it is first asked for, and stays the same', async () => {
  const { owner, tenant, realm } = await newRealm(identity);
  const issuer = identity.issuerUrl.replace(/plinth$/, realm.id);
  expect(realm).toEqual({
    id: expect.stringMatching(/^rlm_/),
    tenantId: tenant.id,
    organizationId: owner.organizationId,
    issuer,
    jwksUri: `${issuer}/protocol/openid-connect/certs`,
    provider: 'embedded',
    status: 'active',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  expect((await get(owner, `${REALMS}/${realm.id}`)).body).toEqual(realm);

  const configuration = await fetch(`${issuer}/.well-known/openid-configuration`);
  expect(await configuration.json()).toMatchObject({ issuer, jwks_uri: realm.jwksUri });
  const keysOf = async (uri: string) => JSON.parse(await (await fetch(uri)).text()).keys;
  const own = await keysOf(`${identity.issuerUrl}/protocol/openid-connect/certs`);
  const [key] = await keysOf(realm.jwksUri);
  expect(own).not.toContainEqual(key);
});

test('asked for by many at once it is made once', async () => {
  const { owner, tenant } = newTenant(identity);
  const url = `${REALMS}?tenantId=${tenant.id}`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => get(owner, url)));
  expect(new Set(answers.map(({ body }) => body.data[0].id)).size).toBe(1);
  expect(answers.map(({ body }) => body.data[0].status)).toEqual(Array(8).fill('active'));
});

test('an organization sees the realms of all its tenants that have the capability, in pages', async () => {
  const owner = testMember('owner');
  const tenants = ['pro', 'enterprise', 'pro'].map(
    (plan) => newTenant(identity, plan as 'pro', owner).tenant,
  );
  newTenant(identity, 'starter', owner);
  newTenant(identity, 'pro');
  const first = await get(owner, `${REALMS}?limit=2`);
  expect(first.body.data).toHaveLength(2);
  const { nextCursor } = first.body.pagination;
  const second = await get(owner, `${REALMS}?limit=2&cursor=${nextCursor}`);
  const all = [...first.body.data, ...second.body.data];
  expect(all.map(({ tenantId }) => tenantId).sort()).toEqual(tenants.map(({ id }) => id).sort());
  expect(second.body.pagination).toEqual({ hasMore: false, nextCursor: null });
  expect(codeOf(await get(testMember('owner'), `${REALMS}?cursor=${nextCursor}`))).toEqual([
    400,
    'CURSOR_MISMATCH',
  ]);
  expect((await get({ ...owner, tenantId: tenants[0]?.id }, REALMS)).body.data).toHaveLength(1);
});

test('a plan without the capability has none, and says which plans do', async () => {
  const { owner, tenant } = newTenant(identity, 'starter');
  const { status, body } = await get(owner, `${REALMS}?tenantId=${tenant.id}`);
  expect([status, body.error.code]).toEqual([403, 'PLAN_CAPABILITY_REQUIRED']);
  expect(body.error.details).toMatchObject({
    capability: 'identity',
    plan: 'starter',
    plansWithIt: ['pro', 'enterprise'],
  });
  expect((await get(owner, REALMS)).body.data).toEqual([]);
});

test('a capability that is taken away disables the realm; given back, the same realm goes on', async () => {
  const { owner, tenant, realm, url } = await newRealm(identity);
  const configuration = () => fetch(`${realm.issuer}/.well-known/openid-configuration`);
  tenant.plan = 'starter';
  expect(codeOf(await get(owner, url))).toEqual([403, 'PLAN_CAPABILITY_REQUIRED']);
  await expect.poll(async () => (await configuration()).status).toBe(404);
  tenant.plan = 'pro';
  expect((await get(owner, url)).body).toMatchObject({ id: realm.id, status: 'active' });
  expect((await configuration()).status).toBe(200);
});

test('a suspended tenant’s realm can be looked at, a deleted one’s is gone', async () => {
  const { owner, tenant, url } = await newRealm(identity);
  tenant.suspended = true;
  expect((await get(owner, url)).status).toBe(200);
  expect((await get(owner, `${url}/clients`)).status).toBe(200);
  const payload = { name: 'Storefront', redirectUris: ['https://shop.example.com/'] };
  const refused = await identity.send(owner, { method: 'POST', url: `${url}/clients`, payload });
  expect(codeOf(refused)).toEqual([403, 'TENANT_SUSPENDED']);
  tenant.deleted = true;
  expect(codeOf(await get(owner, url))).toEqual([410, 'TENANT_DELETED']);
});

test('a suspended tenant’s users cannot sign in, from the moment that tenancy says so, until it is active', async () => {
  const { owner, tenant, realm, url } = await newRealm(identity);
  const configuration = async () => (await fetch(`${realm.issuer}/.well-known/openid-configuration`)).status;
  const told = (id: string) =>
    identity.internal(
      'revocation.push',
      { revocations: [{ id, subjects: [`tenant:${tenant.id}`], revokedAt: new Date().toISOString() }] },
      'tenancy',
    );
  tenant.suspended = true;
  await told(`${tenant.id} suspended`);
  await expect.poll(configuration).toBe(404);
  expect((await get(owner, url)).body).toMatchObject({ id: realm.id, status: 'disabled' });
  tenant.suspended = false;
  await told(`${tenant.id} active`);
  await expect.poll(configuration).toBe(200);
  expect((await get(owner, url)).body).toMatchObject({ id: realm.id, status: 'active' });
});

test('another organization’s realm and tenant are not there', async () => {
  const { tenant, url } = await newRealm(identity);
  const stranger = testMember('owner');
  expect(codeOf(await get(stranger, url))).toEqual([404, 'REALM_NOT_FOUND']);
  expect(codeOf(await get(stranger, `${REALMS}?tenantId=${tenant.id}`))).toEqual([404, 'TENANT_NOT_FOUND']);
});

test('a credential that is limited to other tenants, or to workspaces, reaches none of it', async () => {
  const { owner, tenant, url } = await newRealm(identity);
  const reaches = [
    { tenantIds: [newId('tenant')] },
    { workspaceIds: [newId('workspace')] },
    { tenantIds: [], workspaceIds: [] },
  ];
  for (const reach of reaches) {
    const limited = { ...owner, reach };
    expect(codeOf(await get(limited, url))).toEqual([404, 'REALM_NOT_FOUND']);
    expect(codeOf(await get(limited, `${REALMS}?tenantId=${tenant.id}`))).toEqual([404, 'TENANT_NOT_FOUND']);
    expect((await get(limited, REALMS)).body.data).toEqual([]);
  }
  const own = { ...owner, reach: { tenantIds: [tenant.id] } };
  expect((await get(own, REALMS)).body.data).toHaveLength(1);
  expect((await get(own, url)).status).toBe(200);
  expect(codeOf(await get({ ...owner, tenantId: newId('tenant') }, url))).toEqual([404, 'REALM_NOT_FOUND']);
});

test('while tenancy is away nothing is let in', async () => {
  const { owner, url } = await newRealm(identity);
  identity.tenancy.hang = true;
  const answer = await get(owner, url);
  identity.tenancy.hang = false;
  expect(codeOf(answer)).toEqual([504, 'UPSTREAM_TIMEOUT']);
});
