import { createClient, isPlinthError, type PlinthError, pages, passwordAuth } from '@plinth/client';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { platform, type UserName, uniqueSlug } from './api.ts';

const url = platform.url;

function clientOf(name: UserName, organizationId?: string) {
  const { email: username, password } = platform.users[name];
  const auth = passwordAuth({ url, username, password });
  return createClient({ url, auth, ...(organizationId && { organizationId }) });
}

const newTenant = () => ({ slug: uniqueSlug('typed'), displayName: 'Typed', adminEmail: 'a@example.com' });

async function errorOf(call: Promise<unknown>): Promise<PlinthError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isPlinthError(error)) throw new Error(`not a PlinthError: ${error}`);
  return error;
}

test('every service is there, with its own types', async () => {
  const client = clientOf('owner');
  const [me, created] = await Promise.all([
    client.identity.me.get.query({}),
    client.tenancy.tenant.create.mutate(newTenant()),
  ]);
  expect(me.principal.email).toBe(platform.users.owner.email);
  expectTypeOf(created.plan).toEqualTypeOf<'free' | 'starter' | 'pro' | 'enterprise'>();
  const same = await client.tenancy.tenant.get.query({ tenantId: created.id });
  expect(same).toEqual(created);
});

test('queries of one moment share a request, and each gets its own answer', async () => {
  const client = clientOf('owner');
  const { id } = await client.tenancy.tenant.create.mutate(newTenant());
  const answers = await Promise.allSettled([
    client.tenancy.tenant.get.query({ tenantId: id }),
    client.tenancy.tenant.get.query({ tenantId: 'tnt_none' }),
    client.tenancy.tenant.list.query({ limit: 1 }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('all pages are read by one loop', async () => {
  const client = clientOf('stranger');
  const made = [];
  for (let i = 0; i < 5; i++) made.push((await client.tenancy.tenant.create.mutate(newTenant())).id);
  const seen = [];
  for await (const tenant of pages((cursor) => client.tenancy.tenant.list.query({ cursor, limit: 2 })))
    seen.push(tenant.id);
  expect(seen).toEqual(expect.arrayContaining(made));
  expect(new Set(seen).size).toBe(seen.length);
});

test('a key of one’s own makes a mutation happen once', async () => {
  const client = clientOf('owner');
  const tenant = newTenant();
  const context = { idempotencyKey: `typed-${tenant.slug}` };
  const first = await client.tenancy.tenant.create.mutate(tenant, { context });
  expect(await client.tenancy.tenant.create.mutate(tenant, { context })).toEqual(first);
  const reused = await errorOf(
    client.tenancy.tenant.create.mutate({ ...tenant, displayName: 'Other' }, { context }),
  );
  expect([reused.code, reused.status]).toEqual(['IDEMPOTENCY_KEY_REUSED', 409]);
});

describe('errors', () => {
  test('name the code, the fields and the correlation id', async () => {
    const error = await errorOf(
      clientOf('owner').tenancy.tenant.create.mutate({ ...newTenant(), slug: 'Not A Slug' }),
    );
    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      status: 400,
      correlationId: expect.any(String),
    });
    expect(error.fieldErrors.map(({ path }) => path)).toEqual(['slug']);
  });

  test('say what a viewer lacks, and hide what belongs to somebody else', async () => {
    const denied = await errorOf(clientOf('viewer').tenancy.tenant.create.mutate(newTenant()));
    expect(denied).toMatchObject({ code: 'PERMISSION_DENIED', details: { permission: 'tenants:write' } });
    const { id } = await clientOf('owner').tenancy.tenant.create.mutate(newTenant());
    const hidden = await errorOf(clientOf('stranger').tenancy.tenant.get.query({ tenantId: id }));
    expect(hidden).toMatchObject({ code: 'TENANT_NOT_FOUND', status: 404 });
    const changed = await errorOf(clientOf('stranger').tenancy.tenant.remove.mutate({ tenantId: id }));
    expect(changed).toMatchObject({ code: 'TENANT_NOT_FOUND', status: 404 });
  });

  test('a wrong password is an error of the sign-in', async () => {
    const auth = passwordAuth({ url, username: 'nobody@plinth.test', password: 'wrong-password' });
    const error = await errorOf(createClient({ url, auth }).identity.me.get.query({}));
    expect(error.code).toBe('INVALID_GRANT');
  });

  test('a member of several organizations says which', async () => {
    const unsaid = await errorOf(clientOf('shared').tenancy.tenant.list.query({}));
    expect(unsaid.code).toBe('ORGANIZATION_REQUIRED');
    const page = await clientOf('shared', platform.otherOrganizationId).tenancy.tenant.list.query({});
    expect(page.data.every(({ organizationId }) => organizationId === platform.otherOrganizationId)).toBe(
      true,
    );
  });
});
