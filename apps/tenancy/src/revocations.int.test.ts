import { HEADERS } from '@plinth/contracts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTenant, createWorkspace } from './testing/fixtures.ts';
import { startTenancy, type Tenancy } from './testing/harness.ts';

// What changes in tenancy take away from passports that are out, as identity and the gateway hear of it.

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());
beforeEach(() => {
  tenancy.identity.revoked.length = 0;
  tenancy.identity.isFailing = false;
});

test.each([
  ['suspending', 'PATCH', '', { status: 'suspended' }],
  ['changing the plan of', 'PATCH', '', { plan: 'pro' }],
  ['deleting', 'DELETE', '', undefined],
] as const)('%s a tenant revokes it, before that is answered', async (_, method, path, payload) => {
  const owner = await tenancy.newOwner();
  const { id } = await createTenant(tenancy, owner);
  tenancy.identity.revoked.length = 0;
  const answer = await tenancy.send(owner, {
    method,
    url: `/v1/tenants/${id}${path}`,
    ...(payload && { payload }),
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(tenancy.identity.revoked).toEqual([`tenant:${id}`]);
  expect(answer.headers[HEADERS.revoked]).toBe(`tenant:${id}`);
});

test('so does resuming and undeleting it, and what changes nothing in passports does not', async () => {
  const owner = await tenancy.newOwner();
  const { id } = await createTenant(tenancy, owner);
  const url = `/v1/tenants/${id}`;
  await tenancy.send(owner, { method: 'PATCH', url, payload: { status: 'suspended' } });
  tenancy.identity.revoked.length = 0;
  await tenancy.send(owner, { method: 'PATCH', url, payload: { status: 'active' } });
  await tenancy.send(owner, { method: 'DELETE', url });
  await tenancy.send(owner, { method: 'POST', url: `${url}/undelete` });
  expect(tenancy.identity.revoked).toEqual(Array(3).fill(`tenant:${id}`));
  const renamed = await tenancy.send(owner, {
    method: 'PATCH',
    url,
    payload: { displayName: 'New', plan: 'starter' },
  });
  expect(renamed.status).toBe(200);
  expect(renamed.headers).not.toHaveProperty(HEADERS.revoked);
  expect(tenancy.identity.revoked).toHaveLength(3);
});

test('what passports say of a workspace revokes its tenant when it changes, and a new name does not', async () => {
  const owner = await tenancy.newOwner();
  const tenant = await createTenant(tenancy, owner);
  const workspace = await createWorkspace(tenancy, owner, {
    tenantId: tenant.id,
    capabilities: ['postgres', 'storage'],
  });
  const url = `/v1/workspaces/${workspace.id}`;
  tenancy.identity.revoked.length = 0;
  for (const payload of [{ displayName: 'New' }, { capabilities: ['storage', 'postgres'] }])
    await tenancy.send(owner, { method: 'PATCH', url, payload });
  expect(tenancy.identity.revoked).toEqual([]);
  for (const payload of [{ capabilities: ['postgres'] }, { status: 'suspended' }])
    await tenancy.send(owner, { method: 'PATCH', url, payload });
  await tenancy.send(owner, { method: 'DELETE', url });
  expect(tenancy.identity.revoked).toEqual(Array(3).fill(`tenant:${tenant.id}`));
});

test('by tRPC as well', async () => {
  const owner = await tenancy.newOwner();
  const { id } = await createTenant(tenancy, owner);
  const { status, headers } = await tenancy.send(owner, {
    method: 'POST',
    url: '/trpc/tenancy/tenant.update',
    payload: { tenantId: id, status: 'suspended' },
  });
  expect([status, headers[HEADERS.revoked]]).toEqual([200, `tenant:${id}`]);
});

test('who makes an organization gets passports that know of it', async () => {
  const owner = await tenancy.newOwner();
  expect(tenancy.identity.revoked).toEqual([`membership:${owner.id}`]);
});

test('while identity refuses it the change is made and answered all the same, and sent again', async () => {
  const owner = await tenancy.newOwner();
  const { id } = await createTenant(tenancy, owner);
  tenancy.identity.revoked.length = 0;
  tenancy.identity.isFailing = true;
  const url = `/v1/tenants/${id}`;
  const answer = await tenancy.send(owner, { method: 'PATCH', url, payload: { status: 'suspended' } });
  expect([answer.status, answer.headers[HEADERS.revoked]]).toEqual([200, `tenant:${id}`]);
  expect(tenancy.identity.revoked).toEqual([]);
  tenancy.identity.isFailing = false;
  await expect.poll(() => tenancy.identity.revoked).toEqual([`tenant:${id}`]);
});
