import { type Caller, KEY_ROLES, MEMBER_ROLES, newId } from '@plinth/contracts';
import { routesOf } from '@plinth/service';
import { testKey, testMember } from '@plinth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appRouter } from '../router.ts';
import { type Identity, startIdentity } from '../testing/harness.ts';
import { OPERATIONS } from './operations.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

const tenantId = newId('tenant');
const workspaceId = newId('workspace');

beforeEach(() => {
  identity.tenancy.resolve = () => ({ outcome: 'notMember' });
  identity.tenancy.locate = () => null;
});

const ask = (caller: Caller, payload: object) =>
  identity.send(caller, { method: 'POST', url: '/v1/authz/explain', payload });

async function explained(caller: Caller, payload: object) {
  const { status, body } = await ask(caller, payload);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

async function codeOf(caller: Caller, payload: object): Promise<[number, string]> {
  const { status, body } = await ask(caller, payload);
  return [status, body.error?.code];
}

test('says what is needed, what is held and through what, and who can grant the rest', async () => {
  const viewer = testMember('viewer');
  expect(await explained(viewer, { operation: 'tenant.create' })).toEqual({
    allowed: false,
    principalId: viewer.id,
    operation: 'tenant.create',
    routes: ['POST /v1/tenants'],
    permission: 'tenants:write',
    missing: 'tenants:write',
    capability: null,
    held: viewer.permissions,
    heldBy: { kind: 'member', role: 'viewer' },
    reasons: [
      {
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('the role viewer does not have it'),
        whoCanGrant: 'an owner or admin of the organization',
        advice: 'give you a role that has it',
      },
    ],
    whoCanGrant: 'an owner or admin of the organization',
    advice: 'give you a role that has it',
    rolesWithIt: ['owner', 'admin'],
    keyRolesWithIt: ['admin:write'],
  });
  expect(await explained(testMember('admin'), { operation: 'tenant.create' })).toMatchObject({
    allowed: true,
    missing: null,
    reasons: [],
    whoCanGrant: null,
  });
});

test('takes a method and a path for the name, and the place from the path', async () => {
  const asked: unknown[] = [];
  identity.tenancy.resolve = ({ scope }) => {
    asked.push(scope);
    return { outcome: 'notFound', kind: 'tenant' };
  };
  const path = `/v1/tenants/${tenantId}`;
  expect(await codeOf(testMember(), { operation: { method: 'PATCH', path } })).toEqual([
    404,
    'TENANT_NOT_FOUND',
  ]);
  expect(asked).toEqual([{ tenantId }]);
  const template = { method: 'PATCH', path: '/v1/tenants/{tenantId}' };
  expect(await explained(testMember(), { operation: template })).toMatchObject({
    allowed: true,
    operation: 'tenant.update',
  });
});

test.each(['nothing', 'constructor', '__proto__', { method: 'GET', path: '/v1/nothing' }])(
  'knows no operation %o',
  async (operation) => {
    const { status, body } = await ask(testMember(), { operation });
    expect(status).toBe(400);
    expect(body.error.details.fields).toEqual([
      expect.objectContaining({ path: 'operation', code: 'unknown_operation' }),
    ]);
  },
);

describe('at a place', () => {
  const organizationId = newId('organization');
  const membership = { organizationId, slug: 'other', displayName: 'Other', role: 'viewer' as const };

  test('a member has the role that it has there, and all that speaks against it is told', async () => {
    const tenant = { id: tenantId, plan: 'free' as const, suspended: true };
    identity.tenancy.resolve = () => ({ outcome: 'granted', membership, tenant });
    const body = await explained(testMember('owner'), { operation: 'workspace.create', tenantId });
    expect(body).toMatchObject({ allowed: false, heldBy: { kind: 'member', role: 'viewer' } });
    expect(body.reasons.map(({ code }: { code: string }) => code)).toEqual([
      'PERMISSION_DENIED',
      'TENANT_SUSPENDED',
    ]);
  });

  test('a key is itself there, if it reaches it', async () => {
    const key = testKey('general:write', { reach: { tenantIds: [tenantId] } });
    const asked: unknown[] = [];
    identity.tenancy.locate = (input) => {
      asked.push(input);
      return { tenant: { id: tenantId, plan: 'free', suspended: false }, workspaceId };
    };
    const operation = 'workspace.update';
    expect(await explained(key, { operation, workspaceId })).toMatchObject({ allowed: true });
    expect(asked).toEqual([{ organizationId: key.organizationId, scope: { workspaceId } }]);
    expect(await codeOf(key, { operation: 'workspace.create', tenantId: newId('tenant') })).toEqual([
      404,
      'TENANT_NOT_FOUND',
    ]);
    const elsewhere = testKey('general:write', { reach: { tenantIds: [newId('tenant')] } });
    expect(await codeOf(elsewhere, { operation, workspaceId })).toEqual([404, 'WORKSPACE_NOT_FOUND']);
    identity.tenancy.locate = () => null;
    expect(await codeOf(key, { operation, workspaceId })).toEqual([404, 'WORKSPACE_NOT_FOUND']);
  });

  test('a limited key is told that the whole organization is beyond it, and not what it did not ask', async () => {
    const key = testKey('admin:write', { reach: { tenantIds: [tenantId] } });
    const whole = await explained(key, { operation: 'tenant.create' });
    expect(whole).toMatchObject({
      allowed: false,
      missing: null,
      advice: 'use a credential that is not limited',
    });
    expect(await explained(key, { operation: 'workspace.create' })).toMatchObject({ allowed: true });
    expect(await explained(key, { operation: 'tenant.list' })).toMatchObject({ allowed: true });
  });
});

describe('of somebody else', () => {
  const operation = 'workspace.create';

  test('a member is explained as it stands in the organization, to who may see members', async () => {
    const asker = testMember('viewer');
    const { organizationId = '' } = asker;
    const [principalId, stranger] = [newId('user'), newId('user')];
    const membership = { organizationId, slug: 'own', displayName: 'Own', role: 'developer' as const };
    identity.tenancy.resolve = ({ userId, scope }) =>
      userId === principalId && scope.organizationId === organizationId && scope.tenantId === undefined
        ? { outcome: 'granted', membership }
        : { outcome: 'notFound', kind: 'organization' };
    expect(await explained(asker, { operation, principalId })).toMatchObject({
      allowed: true,
      principalId,
      heldBy: { kind: 'member', role: 'developer' },
    });
    expect(await codeOf(asker, { operation, principalId: stranger })).toEqual([404, 'USER_NOT_FOUND']);
    expect(await codeOf(asker, { operation, principalId, tenantId })).toEqual([404, 'TENANT_NOT_FOUND']);
    const billing = testMember('billing');
    const { status, body } = await ask(billing, { operation, principalId });
    expect([status, body.error.details.permission]).toEqual([403, 'members:read']);
    const limited = testKey('admin:read', { reach: { tenantIds: [tenantId] } });
    const refused = await ask(limited, { operation, principalId });
    expect([refused.status, refused.body.error.details.reason]).toEqual([403, 'reach']);
  });

  test('a service account is explained as it is, to who may see service accounts', async () => {
    const owner = testMember('owner');
    const payload = { name: 'Loader', role: 'general:read', tenantIds: [tenantId] };
    const made = await identity.send(owner, { method: 'POST', url: '/v1/service-accounts', payload });
    const principalId: string = made.body.id;
    const tenant = { id: tenantId, plan: 'free' as const, suspended: false };
    identity.tenancy.locate = ({ scope }) => (scope.tenantId === tenantId ? { tenant } : null);
    const body = await explained(owner, { operation, principalId });
    expect(body).toMatchObject({
      allowed: false,
      principalId,
      heldBy: { kind: 'serviceAccount', role: 'general:read' },
      missing: 'workspaces:write',
      advice: 'give this service account a role that has it',
    });
    const read = await explained(owner, { operation: 'workspace.list', principalId, tenantId });
    expect(read.allowed).toBe(true);
    const elsewhere = { operation, principalId, tenantId: newId('tenant') };
    expect(await codeOf(owner, elsewhere)).toEqual([404, 'TENANT_NOT_FOUND']);
    const absent = [404, 'SERVICE_ACCOUNT_NOT_FOUND'];
    expect(await codeOf(testMember('owner'), { operation, principalId })).toEqual(absent);
    const denied = await ask(testMember('developer'), { operation, principalId });
    expect([denied.status, denied.body.error.details.permission]).toEqual([403, 'serviceAccounts:read']);
    const url = `/v1/service-accounts/${principalId}`;
    await identity.send(owner, { method: 'PATCH', url, payload: { status: 'disabled' } });
    expect(await codeOf(owner, { operation, principalId })).toEqual([409, 'INVALID_STATE']);
    await identity.send(owner, { method: 'DELETE', url });
    expect(await codeOf(owner, { operation, principalId })).toEqual(absent);
  });

  test('a key is explained as its passport would be, to who may see keys', async () => {
    const owner = testMember('owner');
    const { organizationId = '' } = owner;
    const payload = { name: 'A key', role: 'general:write', expiresIn: '7d', tenantIds: [tenantId] };
    const made = await identity.send(owner, { method: 'POST', url: '/v1/api-keys', payload });
    const principalId: string = made.body.id;
    const membership = { organizationId, slug: 'own', displayName: 'Own', role: 'viewer' as const };
    const tenant = { id: tenantId, plan: 'free' as const, suspended: false };
    identity.tenancy.resolve = ({ userId }) =>
      userId === owner.id ? { outcome: 'granted', membership, tenant } : { outcome: 'notMember' };
    const body = await explained(owner, { operation, principalId });
    expect(body).toMatchObject({
      allowed: false,
      principalId,
      heldBy: { kind: 'apiKey', role: 'general:write' },
      advice: 'give the owner of this key a role that has it',
    });
    const elsewhere = { operation, principalId, tenantId: newId('tenant') };
    expect(await codeOf(owner, elsewhere)).toEqual([404, 'TENANT_NOT_FOUND']);
    expect(await codeOf(testMember('owner'), { operation, principalId })).toEqual([404, 'API_KEY_NOT_FOUND']);
    const denied = await ask(testMember('developer'), { operation, principalId });
    expect([denied.status, denied.body.error.details.permission]).toEqual([403, 'keys:read']);
    identity.tenancy.resolve = () => ({ outcome: 'notMember' });
    expect(await codeOf(owner, { operation, principalId })).toEqual([409, 'INVALID_STATE']);
    await identity.send(owner, { method: 'DELETE', url: `/v1/api-keys/${principalId}` });
    expect(await codeOf(owner, { operation, principalId })).toEqual([404, 'API_KEY_NOT_FOUND']);
  });
});

test.each(['NOT_A_MEMBER', 'ORGANIZATION_REQUIRED'] as const)(
  'tells who has no organization: %s',
  async (why) => {
    const { organizationId: _, role: __, ...person } = testMember('viewer', { permissions: [] });
    const nowhere = { ...person, organizationMissing: why };
    const body = await explained(nowhere, { operation: 'tenant.list' });
    expect(body).toMatchObject({ allowed: false, heldBy: { role: null } });
    expect(body.reasons[0].code).toBe(why);
    expect(await explained(nowhere, { operation: 'organization.list' })).toMatchObject({ allowed: true });
  },
);

const callers = [...MEMBER_ROLES.map((role) => testMember(role)), ...KEY_ROLES.map((role) => testKey(role))];
const ownRoutes = routesOf(appRouter).map(({ route }) => [route.method, route.path] as const);

test.each(ownRoutes)('%s %s is explained as it is answered, to every role', async (method, path) => {
  const url = path.replace(/\{\w+\}/g, 'none');
  for (const caller of callers) {
    const { allowed } = await explained(caller, { operation: { method, path } });
    const answer = await identity.send(caller, { method, url, ...(method !== 'GET' && { payload: {} }) });
    const isDenied = answer.status === 403 && answer.body.error.code === 'PERMISSION_DENIED';
    expect(isDenied, `${caller.role} ${JSON.stringify(answer.body)}`).toBe(!allowed);
  }
});

test('every operation can be asked about by its name and by each of its routes', async () => {
  const owner = testMember('owner');
  for (const [name, { routes }] of Object.entries(OPERATIONS)) {
    expect((await explained(owner, { operation: name })).operation).toBe(name);
    for (const route of routes) {
      const [method, path] = route.split(' ');
      expect((await explained(owner, { operation: { method, path } })).operation, route).toBe(name);
    }
  }
});
