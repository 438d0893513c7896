import { type Caller, newId } from '@plinth/contracts';
import { testKey } from '@plinth/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTenant, createWorkspace } from './testing/fixtures.ts';
import { startTenancy, type Tenancy } from './testing/harness.ts';

// Two tenants with two workspaces each, seen by keys that are limited to some of it.

let tenancy: Tenancy;
let owner: Caller;
const ids: Record<string, string> = {};

beforeAll(async () => {
  tenancy = await startTenancy();
  owner = await tenancy.newOwner();
  for (const tenant of ['a', 'b']) {
    const { id: tenantId } = await createTenant(tenancy, owner);
    ids[tenant] = tenantId;
    for (const place of ['1', '2']) {
      ids[tenant + place] = (await createWorkspace(tenancy, owner, { tenantId })).id;
    }
  }
});
afterAll(() => tenancy.close());

const idOf = (name: string): string => ids[name] ?? name;
const namesOf = (data: { id: string }[]): string[] =>
  data.map(({ id }) => Object.keys(ids).find((name) => ids[name] === id) ?? id).sort();

/** A key of that organization, limited to the tenants and workspaces of these names. */
function limitedTo(...names: string[]): Caller {
  const { organizationId = '' } = owner;
  const tenantIds = names.filter((name) => name.length === 1).map(idOf);
  const workspaceIds = names.filter((name) => name.length === 2).map(idOf);
  return testKey('admin:write', { organizationId, ownerId: owner.id, reach: { tenantIds, workspaceIds } });
}

async function listed(caller: Caller, url: string): Promise<string[]> {
  const { status, body } = await tenancy.send(caller, { method: 'GET', url });
  expect(status, JSON.stringify(body)).toBe(200);
  return namesOf(body.data);
}

describe.each([
  [['a'], ['a'], ['a1', 'a2']],
  [['b1'], [], ['b1']],
  [['a', 'b1'], ['a'], ['a1', 'a2', 'b1']],
  [['a', 'a1'], ['a'], ['a1', 'a2']],
  [
    ['a', 'b'],
    ['a', 'b'],
    ['a1', 'a2', 'b1', 'b2'],
  ],
  [[], [], []],
])('a key that is limited to %j', (reach, tenants, workspaces) => {
  const all = { tenants: ['a', 'b'], workspaces: ['a1', 'a2', 'b1', 'b2'] };

  test(`lists the tenants ${tenants} and the workspaces ${workspaces}`, async () => {
    const key = limitedTo(...reach);
    const { organizationId } = owner;
    expect(await listed(key, '/v1/tenants')).toEqual(tenants);
    expect(await listed(key, `/api/v1/organizations/${organizationId}/tenants`)).toEqual(tenants);
    expect(await listed(key, '/v1/workspaces')).toEqual(workspaces);
  });

  test('finds each of these by its id, and nothing else', async () => {
    const key = limitedTo(...reach);
    const found = async (kind: string, name: string) =>
      (await tenancy.send(key, { method: 'GET', url: `/v1/${kind}/${idOf(name)}` })).status;
    for (const name of all.tenants)
      expect(await found('tenants', name)).toBe(tenants.includes(name) ? 200 : 404);
    for (const name of all.workspaces) {
      expect(await found('workspaces', name), name).toBe(workspaces.includes(name) ? 200 : 404);
    }
  });

  test('changes each of these, and nothing else', async () => {
    const key = limitedTo(...reach);
    const renamed = async (kind: string, name: string) => {
      const url = `/v1/${kind}/${idOf(name)}`;
      return (await tenancy.send(key, { method: 'PATCH', url, payload: { displayName: 'Renamed' } })).status;
    };
    for (const name of all.tenants)
      expect(await renamed('tenants', name)).toBe(tenants.includes(name) ? 200 : 404);
    for (const name of all.workspaces) {
      expect(await renamed('workspaces', name), name).toBe(workspaces.includes(name) ? 200 : 404);
    }
  });

  test('makes workspaces in the tenants that it reaches, and tenants nowhere', async () => {
    const key = limitedTo(...reach);
    const create = (url: string, payload: object) => tenancy.send(key, { method: 'POST', url, payload });
    for (const name of all.tenants) {
      const payload = {
        tenantId: idOf(name),
        slug: 'a1',
        displayName: 'A',
        capabilities: ['functions', 'functions'],
      };
      // Whatever is wrong with it is told to those only for whom the tenant is there.
      expect((await create('/v1/workspaces', payload)).status).toBe(tenants.includes(name) ? 400 : 404);
    }
    const { status, body } = await create('/v1/tenants', {
      slug: 'new',
      displayName: 'N',
      adminEmail: 'a@b.test',
    });
    expect([status, body.error.code, body.error.details.reason]).toEqual([403, 'PERMISSION_DENIED', 'reach']);
  });
});

test("what is beyond a key's reach looks like what never was", async () => {
  const key = limitedTo('a');
  for (const [kind, name] of [
    ['tenants', 'b'],
    ['workspaces', 'b1'],
  ] as const) {
    const absent = newId(kind === 'tenants' ? 'tenant' : 'workspace');
    const answers = [idOf(name), absent].map(async (id) => {
      const { status, body } = await tenancy.send(key, { method: 'GET', url: `/v1/${kind}/${id}` });
      const { timestamp: _, ...error } = body.error;
      return { status, ...error, message: error.message.replace(id, 'ID') };
    });
    const [there, never] = await Promise.all(answers);
    expect(there).toEqual(never);
    expect(there?.status).toBe(404);
  }
  const filtered = `/v1/workspaces?tenantId=${idOf('b')}`;
  expect((await tenancy.send(key, { method: 'GET', url: filtered })).status).toBe(404);
});

test('pages of a limited list hold what is reached and nothing is left out', async () => {
  const key = limitedTo('a', 'b2');
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const url: string = `/v1/workspaces?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`;
    const { body } = await tenancy.send(key, { method: 'GET', url });
    seen.push(...namesOf(body.data));
    cursor = body.pagination.nextCursor;
  } while (cursor !== null);
  expect(seen.sort()).toEqual(['a1', 'a2', 'b2']);
});

describe('a passport that is narrowed', () => {
  const get = (caller: Caller, url: string) => tenancy.send(caller, { method: 'GET', url });

  test('to a tenant shows that tenant in every list', async () => {
    const narrowed = { ...owner, tenantId: idOf('a') };
    expect(await listed(narrowed, '/v1/tenants')).toEqual(['a']);
    expect(await listed(narrowed, `/api/v1/organizations/${owner.organizationId}/tenants`)).toEqual(['a']);
    expect(await listed(narrowed, '/v1/workspaces')).toEqual(['a1', 'a2']);
  });

  test('to a workspace shows that one, and the tenant that holds it', async () => {
    const narrowed = { ...owner, tenantId: idOf('a'), workspaceId: idOf('a1') };
    expect(await listed(narrowed, '/v1/workspaces')).toEqual(['a1']);
    expect(await listed(narrowed, '/v1/tenants')).toEqual(['a']);
  });

  test('shows the one organization that it is for, as a key sees that of its own', async () => {
    const { organizationId: _, ...person } = owner;
    const payload = { slug: `second-${Date.now()}`, display_name: 'Second' };
    const second = await tenancy.send(person, { method: 'POST', url: '/api/v1/organizations', payload });
    const list = async (caller: Caller) =>
      (await get(caller, '/api/v1/organizations')).body.data.map(({ id }: { id: string }) => id);
    expect(await list(owner)).toEqual([second.body.data.id, owner.organizationId]);
    expect(await list({ ...owner, tenantId: idOf('a') })).toEqual([owner.organizationId]);
    expect(await list(limitedTo('a'))).toEqual([owner.organizationId]);
    const url = `/api/v1/organizations/${owner.organizationId}`;
    expect((await get(limitedTo('a'), url)).body.data).toMatchObject({
      id: owner.organizationId,
      role: 'owner',
    });
  });
});

test('a program sees its organization, of which it is no member', async () => {
  const { organizationId } = owner;
  const program = { ...limitedTo('a'), ownerId: newId('serviceAccount'), ownerRole: 'general:write' };
  const get = async (url: string) => (await tenancy.send(program, { method: 'GET', url })).body.data;
  const own = expect.objectContaining({ id: organizationId, role: 'general:write' });
  expect(await get(`/api/v1/organizations/${organizationId}`)).toEqual(own);
  expect(await get('/api/v1/organizations')).toEqual([own]);
});

test('only a person creates an organization', async () => {
  const payload = { slug: 'of-a-key', display_name: 'Of a key' };
  const { status, body } = await tenancy.send(testKey(), {
    method: 'POST',
    url: '/api/v1/organizations',
    payload,
  });
  expect([status, body.error.details.code, body.error.details.reason]).toEqual([
    403,
    'PERMISSION_DENIED',
    'kind',
  ]);
});
