import { type Membership, newId } from '@plinth/contracts';
import { testMember } from '@plinth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const ME = { method: 'GET', url: '/v1/me' } as const;

const membershipOf = (organizationId: string, slug: string): Membership => ({
  organizationId,
  slug,
  displayName: slug.toUpperCase(),
  role: 'admin',
});

test('says who calls, where it belongs and what it may do, also while the tenant is suspended', async () => {
  const caller = testMember('admin', {
    tenantId: newId('tenant'),
    plan: 'starter',
    suspended: true,
  });
  const { organizationId = '' } = caller;
  const other = newId('organization');
  identity.tenancy.memberships = ({ userId }) =>
    userId === caller.id ? [membershipOf(other, 'other'), membershipOf(organizationId, 'own')] : [];

  const { status, body } = await identity.send(caller, ME);
  expect(status, JSON.stringify(body)).toBe(200);
  const own = { id: organizationId, slug: 'own', displayName: 'OWN', role: 'admin' };
  expect(body).toEqual({
    principal: { id: caller.id, kind: 'member', email: caller.email },
    organization: own,
    organizations: [{ id: other, slug: 'other', displayName: 'OTHER', role: 'admin' }, own],
    permissions: caller.permissions,
    plan: 'starter',
    tenantId: caller.tenantId,
    workspaceId: null,
    apiVersion: '2026-11-01',
  });
});

test('answers who belongs nowhere, and a service account', async () => {
  identity.tenancy.memberships = () => [];
  const { email: _, organizationId: __, role: ___, ...nobody } = testMember('viewer', { permissions: [] });
  const { status, body } = await identity.send({ ...nobody, kind: 'serviceAccount', id: 'sva_1' }, ME);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    principal: { id: 'sva_1', kind: 'serviceAccount', email: null },
    organization: null,
    organizations: [],
    permissions: [],
    plan: null,
  });
});

test('refuses an anonymous caller', async () => {
  const { status } = await identity.send({ ...testMember(), kind: 'anonymous', id: '' }, ME);
  expect(status).toBe(401);
});
