import {
  type Caller,
  HEADERS,
  type Membership,
  newId,
  ORGANIZATION_LIMITS,
  planOf,
  toRatesHeader,
} from '@plinth/contracts';
import { testKey, testMember } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../testing/harness.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const ME = { method: 'GET', url: '/v1/me' } as const;
const LIMITS = { method: 'GET', url: '/v1/me/limits' } as const;

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
    principal: { id: caller.id, kind: 'member', email: caller.email, name: null, ownerId: null },
    organization: own,
    organizations: [{ id: other, slug: 'other', displayName: 'OTHER', role: 'admin' }, own],
    permissions: caller.permissions,
    credential: { role: 'admin', reach: null, expiresAt: null },
    plan: 'starter',
    tenantId: caller.tenantId,
    workspaceId: null,
    apiVersion: '2026-11-01',
    pinnedVersion: null,
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

test('tells a key whose it is, its role and its reach, and no organization but its own', async () => {
  const tenantId = newId('tenant');
  const key = testKey('ci', { reach: { tenantIds: [tenantId] } });
  const { organizationId = '' } = key;
  identity.tenancy.memberships = ({ userId }) =>
    userId === key.ownerId
      ? [membershipOf(newId('organization'), 'other'), membershipOf(organizationId, 'own')]
      : [];
  const { status, body } = await identity.send(key, ME);
  expect(status, JSON.stringify(body)).toBe(200);
  const own = { id: organizationId, slug: 'own', displayName: 'OWN', role: 'admin' };
  expect(body).toMatchObject({
    principal: { id: key.id, kind: 'apiKey', email: null, ownerId: key.ownerId },
    organization: own,
    organizations: [own],
    permissions: key.permissions,
    credential: { role: 'ci', reach: { tenantIds: [tenantId], workspaceIds: [] } },
  });
});

test('tells the key of a service account its name and its end, and the organization of which it is no member', async () => {
  identity.tenancy.memberships = () => [];
  const owner = testMember('owner');
  const payload = { name: 'Deployments', role: 'ci', expiresIn: '30d' };
  const made = await identity.send(owner, { method: 'POST', url: '/v1/api-keys', payload });
  const { id, expiresAt } = made.body;
  const { organizationId = '' } = owner;
  const program = { ownerId: newId('serviceAccount'), ownerRole: 'general:write' };
  const { status, body } = await identity.send(testKey('ci', { id, organizationId, ...program }), ME);
  expect(status, JSON.stringify(body)).toBe(200);
  const own = { id: organizationId, slug: 'own', displayName: 'OWN', role: 'general:write' };
  expect(body).toMatchObject({
    principal: { id, name: 'Deployments', ownerId: program.ownerId },
    organization: own,
    organizations: [own],
    credential: { role: 'ci', expiresAt },
  });
});

test.each([ME, LIMITS])('refuses an anonymous caller $url', async (request) => {
  const { status } = await identity.send({ ...testMember(), kind: 'anonymous', id: '' }, request);
  expect(status).toBe(401);
});

describe('the limits', () => {
  const get = async (caller: Caller, headers = {}) => {
    const { status, body } = await identity.send(caller, { ...LIMITS, headers });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };

  test('are those of the plan where a tenant is in scope', async () => {
    const { quotas, rates } = planOf('starter');
    const body = await get(testMember('viewer', { tenantId: newId('tenant'), plan: 'starter' }));
    const uncounted = { windowSeconds: 60, remaining: null, resetSeconds: null };
    expect(body).toMatchObject({
      plan: 'starter',
      rates: [
        { policy: 'principal', quota: rates.principal, ...uncounted },
        { policy: 'tenant', quota: rates.tenant, ...uncounted },
      ],
      quotas: [
        { name: 'tenants', limit: ORGANIZATION_LIMITS.tenants, of: 'organization' },
        { name: 'workspaces', limit: quotas.workspaces, of: 'tenant' },
      ],
    });
    expect(body.capabilities).toContainEqual({
      name: 'postgres',
      isIncluded: true,
      plansWithIt: ['free', 'starter', 'pro', 'enterprise'],
    });
    expect(body.capabilities).toContainEqual({
      name: 'identity',
      isIncluded: false,
      plansWithIt: ['pro', 'enterprise'],
    });
  });

  test('are those of the organization elsewhere', async () => {
    const { rates } = ORGANIZATION_LIMITS;
    expect(await get(testMember('viewer'))).toMatchObject({
      plan: null,
      rates: [
        { policy: 'principal', quota: rates.principal },
        { policy: 'organization', quota: rates.organization },
      ],
      quotas: [{ name: 'tenants' }],
      capabilities: [],
    });
  });

  test('have what is left of them from the gateway, which counts', async () => {
    const state = { policy: 'principal', quota: 600, windowSeconds: 60, remaining: 7, resetSeconds: 2 };
    expect((await get(testMember(), { [HEADERS.rates]: toRatesHeader([state]) })).rates).toEqual([state]);
    expect((await get(testMember(), { [HEADERS.rates]: 'nonsense' })).rates[0].remaining).toBeNull();
  });
});
