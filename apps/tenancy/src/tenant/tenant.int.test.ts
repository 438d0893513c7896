import { ORGANIZATION_LIMITS } from '@plinth/contracts';
import { createDatabase } from '@plinth/database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTenant, createWorkspace } from '../testing/fixtures.ts';
import { startTenancy, type Tenancy } from '../testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

const ACME = {
  slug: 'acme-corp',
  displayName: 'Acme Corporation',
  plan: 'starter',
  adminEmail: 'admin@acme.example.com',
};

describe('creating', () => {
  test('answers 201 with the tenant, where it is and its version', async () => {
    const owner = await tenancy.newOwner();
    const { status, body, headers } = await tenancy.send(owner, {
      method: 'POST',
      url: '/v1/tenants',
      payload: ACME,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...ACME,
      status: 'active',
      organizationId: owner.organizationId,
      deletedAt: null,
    });
    expect(body.id).toMatch(/^tnt_[0-9A-Z]{26}$/);
    expect(headers).toMatchObject({ location: `/v1/tenants/${body.id}`, etag: body.etag });
  });

  test('names every bad field at once', async () => {
    const owner = await tenancy.newOwner();
    const payload = { slug: 'Not A Slug', plan: 'gold', adminEmail: 'nobody', colour: 'red' };
    const { status, body } = await tenancy.send(owner, { method: 'POST', url: '/v1/tenants', payload });
    expect(status).toBe(400);
    expect(body.error.code).toBe('VALIDATION_FAILED');
    const paths = body.error.details.fields.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['adminEmail', 'colour', 'displayName', 'plan', 'slug']);
  });

  test('refuses a slug that the organization has, and allows it in another', async () => {
    const [owner, other] = [await tenancy.newOwner(), await tenancy.newOwner()];
    await createTenant(tenancy, owner, { slug: 'same' });
    const payload = { ...ACME, slug: 'same' };
    const { status, body } = await tenancy.send(owner, { method: 'POST', url: '/v1/tenants', payload });
    expect([status, body.error.code]).toEqual([409, 'SLUG_TAKEN']);
    expect((await tenancy.send(other, { method: 'POST', url: '/v1/tenants', payload })).status).toBe(201);
  });

  test('of parallel creates with one slug exactly one takes effect', async () => {
    const owner = await tenancy.newOwner();
    const creates = Array.from({ length: 10 }, () =>
      tenancy.send(owner, { method: 'POST', url: '/v1/tenants', payload: ACME }),
    );
    const statuses = (await Promise.all(creates)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  });
});

describe('listing', () => {
  test('shows the newest first, page by page, and nothing of another organization', async () => {
    const [owner, other] = [await tenancy.newOwner(), await tenancy.newOwner()];
    await createTenant(tenancy, other);
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await createTenant(tenancy, owner)).id);

    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor ? `&cursor=${cursor}` : '';
      const { body } = await tenancy.send(owner, { method: 'GET', url: `/v1/tenants?limit=2${query}` });
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      expect(body.pagination.hasMore).toBe(seen.length < made.length);
      cursor = body.pagination.nextCursor;
    } while (cursor);
    expect(seen.sort()).toEqual(made.sort());
  });

  test('filters by plan and status', async () => {
    const owner = await tenancy.newOwner();
    const pro = await createTenant(tenancy, owner, { plan: 'pro' });
    const free = await createTenant(tenancy, owner, { plan: 'free' });
    await tenancy.send(owner, {
      method: 'PATCH',
      url: `/v1/tenants/${free.id}`,
      payload: { status: 'suspended' },
    });
    const list = async (query: string) => {
      const { body } = await tenancy.send(owner, { method: 'GET', url: `/v1/tenants?${query}` });
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await list('plan=pro')).toEqual([pro.id]);
    expect(await list('status=suspended')).toEqual([free.id]);
    expect(await list('plan=enterprise')).toEqual([]);
  });

  test('refuses a cursor of another query, of another organization, and a tampered one', async () => {
    const [owner, other] = [await tenancy.newOwner(), await tenancy.newOwner()];
    for (let i = 0; i < 3; i++) await createTenant(tenancy, owner);
    const { body } = await tenancy.send(owner, { method: 'GET', url: '/v1/tenants?limit=1' });
    const cursor: string = body.pagination.nextCursor;
    const answerOf = async (caller: typeof owner, query: string) => {
      const answer = await tenancy.send(caller, { method: 'GET', url: `/v1/tenants?${query}` });
      return [answer.status, answer.body.error?.code];
    };
    expect(await answerOf(owner, `cursor=${cursor}&limit=7`)).toEqual([200, undefined]);
    expect(await answerOf(owner, `cursor=${cursor}&plan=free`)).toEqual([400, 'CURSOR_MISMATCH']);
    expect(await answerOf(other, `cursor=${cursor}`)).toEqual([400, 'CURSOR_MISMATCH']);
    const flipped = cursor.at(-3) === 'A' ? 'B' : 'A';
    const tampered = `${cursor.slice(0, -3)}${flipped}${cursor.slice(-2)}`;
    expect(await answerOf(owner, `cursor=${tampered}`)).toEqual([400, 'CURSOR_INVALID']);
    expect(await answerOf(owner, 'cursor=nonsense')).toEqual([400, 'CURSOR_INVALID']);
  });

  test('neither misses nor repeats a tenant while others come and go', async () => {
    const owner = await tenancy.newOwner();
    const steady = [];
    for (let i = 0; i < 12; i++) steady.push((await createTenant(tenancy, owner)).id);
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await tenancy.send(owner, { method: 'GET', url: `/v1/tenants?limit=3${cursor}` });
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      const passing = await createTenant(tenancy, owner);
      await tenancy.send(owner, { method: 'DELETE', url: `/v1/tenants/${passing.id}` });
      if (!body.pagination.hasMore) break;
      cursor = `&cursor=${body.pagination.nextCursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(steady.every((id) => seen.includes(id))).toBe(true);
  });
});

describe('changing', () => {
  test('changes what is given and nothing else, and moves the version on', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const payload = { displayName: 'New name', plan: 'pro' };
    const { status, body, headers } = await tenancy.send(owner, {
      method: 'PATCH',
      url: `/v1/tenants/${tenant.id}`,
      payload,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...payload, slug: tenant.slug, adminEmail: tenant.adminEmail });
    expect(headers.etag).not.toBe(tenant.etag);
  });

  test('leaves a tenant as it is when nothing is asked for', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const patch = (headers: Record<string, string>) =>
      tenancy.send(owner, { method: 'PATCH', url: `/v1/tenants/${tenant.id}`, payload: {}, headers });
    expect(await patch({})).toMatchObject({ status: 200, body: tenant });
    expect((await patch({ 'if-match': '"7"' })).status).toBe(412);
  });

  test('refuses a change of a version that is gone, also from one of two at once', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const change = (displayName: string) =>
      tenancy.send(owner, {
        method: 'PATCH',
        url: `/v1/tenants/${tenant.id}`,
        headers: { 'if-match': tenant.etag },
        payload: { displayName },
      });
    const answers = await Promise.all([change('One'), change('Two')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(answers.find(({ status }) => status === 412)?.body.error.code).toBe('PRECONDITION_FAILED');
  });

  test('keeps a plan that the workspaces still need', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner, { plan: 'starter' });
    await createWorkspace(tenancy, owner, { tenantId: tenant.id, capabilities: ['postgres', 'kafka'] });
    const { status, body } = await tenancy.send(owner, {
      method: 'PATCH',
      url: `/v1/tenants/${tenant.id}`,
      payload: { plan: 'free' },
    });
    expect([status, body.error.code]).toEqual([422, 'PLAN_DOWNGRADE_BLOCKED']);
    expect(body.error.details.lackingCapabilities).toEqual(['kafka']);
  });

  test('an unchanged one is not sent again', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const request = {
      method: 'GET',
      url: `/v1/tenants/${tenant.id}`,
      headers: { 'if-none-match': tenant.etag },
    } as const;
    const { status, body } = await tenancy.send(owner, request);
    expect([status, body]).toEqual([304, '']);
  });
});

describe('deleting', () => {
  test('hides it from the list, keeps it readable and its slug taken, and can be undone', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const url = `/v1/tenants/${tenant.id}`;
    const list = async (query = '') =>
      (await tenancy.send(owner, { method: 'GET', url: `/v1/tenants${query}` })).body.data;

    const deleted = await tenancy.send(owner, { method: 'DELETE', url });
    expect(deleted.status).toBe(200);
    expect(deleted.body.status).toBe('deleted');
    expect(Date.parse(deleted.body.purgeAt) - Date.parse(deleted.body.deletedAt)).toBe(30 * 86_400_000);
    expect(await list()).toEqual([]);
    expect(await list('?showDeleted=true')).toHaveLength(1);
    expect((await tenancy.send(owner, { method: 'GET', url })).body.status).toBe('deleted');
    expect((await tenancy.send(owner, { method: 'DELETE', url })).status).toBe(404);
    const payload = { ...ACME, slug: tenant.slug };
    expect((await tenancy.send(owner, { method: 'POST', url: '/v1/tenants', payload })).status).toBe(409);

    const back = await tenancy.send(owner, { method: 'POST', url: `${url}/undelete` });
    expect(back.body).toMatchObject({ id: tenant.id, status: 'active', deletedAt: null, purgeAt: null });
    const again = await tenancy.send(owner, { method: 'POST', url: `${url}/undelete` });
    expect([again.status, again.body.error.code]).toEqual([409, 'INVALID_STATE']);
  });
});

test('a suspended tenant comes back suspended, and is listed as deleted meanwhile', async () => {
  const owner = await tenancy.newOwner();
  const { id } = await createTenant(tenancy, owner);
  const url = `/v1/tenants/${id}`;
  const statusesOf = async (query: string) => {
    const { body } = await tenancy.send(owner, { method: 'GET', url: `/v1/tenants?${query}` });
    return body.data.map(({ status }: { status: string }) => status);
  };
  await tenancy.send(owner, { method: 'PATCH', url, payload: { status: 'suspended' } });
  expect((await tenancy.send(owner, { method: 'DELETE', url })).body.status).toBe('deleted');
  expect(await statusesOf('status=suspended&showDeleted=true')).toEqual([]);
  expect(await statusesOf('status=deleted')).toEqual(['deleted']);
  expect(await statusesOf('showDeleted=true')).toEqual(['deleted']);
  const back = await tenancy.send(owner, { method: 'POST', url: `${url}/undelete` });
  expect(back.body.status).toBe('suspended');
});

describe('the organization dialect', () => {
  test('is the same tenant in its own envelope and casing', async () => {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const base = `/api/v1/organizations/${owner.organizationId}/tenants`;
    const { body } = await tenancy.send(owner, { method: 'GET', url: `${base}/${tenant.id}` });
    expect(body.data).toMatchObject({
      id: tenant.id,
      display_name: tenant.displayName,
      admin_email: tenant.adminEmail,
    });
    expect(body.meta).toMatchObject({ request_id: 'test-correlation', timestamp: expect.any(String) });

    const page = await tenancy.send(owner, { method: 'GET', url: `${base}?limit=1` });
    expect(page.body.data).toHaveLength(1);
    expect(page.body.meta.has_more).toBe(false);
  });

  test('says its own seven codes, the precise one in the details, and names fields in its casing', async () => {
    const owner = await tenancy.newOwner();
    const base = `/api/v1/organizations/${owner.organizationId}/tenants`;
    const absent = await tenancy.send(owner, { method: 'GET', url: `${base}/tnt_01` });
    expect(absent.status).toBe(404);
    expect(absent.body.error).toMatchObject({ code: 'NOT_FOUND', details: { code: 'TENANT_NOT_FOUND' } });
    const bad = await tenancy.send(owner, { method: 'GET', url: `${base}?show_deleted=maybe&limit=0` });
    expect(bad.body.error.code).toBe('BAD_REQUEST');
    const paths = bad.body.error.field_errors.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['limit', 'show_deleted']);
    const camel = await tenancy.send(owner, { method: 'GET', url: `${base}?showDeleted=true` });
    expect([camel.status, camel.body.error.field_errors[0].path]).toEqual([400, 'showDeleted']);
  });

  test("shows no other organization's tenants, whatever the path says", async () => {
    const [owner, other] = [await tenancy.newOwner(), await tenancy.newOwner()];
    await createTenant(tenancy, owner);
    const url = `/api/v1/organizations/${owner.organizationId}/tenants`;
    const { status, body } = await tenancy.send(other, { method: 'GET', url });
    expect([status, body.error.details.code]).toEqual([404, 'ORGANIZATION_NOT_FOUND']);
  });
});

test('the quota of an organization counts what is undeleted', async () => {
  const owner = await tenancy.newOwner();
  const deleted = await createTenant(tenancy, owner);
  const url = `/v1/tenants/${deleted.id}`;
  await tenancy.send(owner, { method: 'DELETE', url });
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const database = createDatabase({ url: tenancy.databaseUrl, log: silent });
  await database.query(
    `insert into tenant (id, organization_id, slug, display_name, plan, status, admin_email)
     select 'tnt_' || md5(n::text), $1, 'full-' || n, 'Full', 'free', 'active', 'a@example.com'
     from generate_series(1, $2::int) n`,
    [owner.organizationId, ORGANIZATION_LIMITS.tenants],
  );
  await database.close();
  const undelete = () => tenancy.send(owner, { method: 'POST', url: `${url}/undelete` });
  const full = await undelete();
  expect([full.status, full.body.error?.code]).toEqual([403, 'QUOTA_EXCEEDED']);
  const { body } = await tenancy.send(owner, { method: 'GET', url: '/v1/tenants?limit=1' });
  await tenancy.send(owner, { method: 'DELETE', url: `/v1/tenants/${body.data[0].id}` });
  expect((await undelete()).status).toBe(200);
});
