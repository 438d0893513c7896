import { expectTypeOf, test } from 'vitest';
import { createClient } from './create-client.ts';
import { pages } from './pages.ts';
import { isPlinthError, PlinthError, type PlinthErrorCode } from './plinth-error.ts';

// Checked by the compiler. The calls are never made.

const client = createClient({ url: 'http://localhost', auth: 'token' });
const { tenant } = client.tenancy;

test('inputs are those of the router', () => {
  expectTypeOf(tenant.create.mutate).parameter(0).toExtend<{ slug: string; displayName: string }>();
  expectTypeOf(tenant.list.query).toBeCallableWith({});
  expectTypeOf(tenant.list.query).toBeCallableWith({ status: 'active', limit: 5 }, { signal: undefined });
  expectTypeOf(tenant.create.mutate).toBeCallableWith(
    { slug: 'acme', displayName: 'Acme', adminEmail: 'a@acme.example' },
    { context: { idempotencyKey: 'mine' } },
  );
});

test('outputs are those of the router', () => {
  expectTypeOf(tenant.get.query).returns.resolves.toHaveProperty('organizationId').toEqualTypeOf<string>();
  expectTypeOf(tenant.get.query)
    .returns.resolves.toHaveProperty('status')
    .toEqualTypeOf<'active' | 'suspended' | 'deleted'>();
  expectTypeOf(tenant.list.query).returns.resolves.toHaveProperty('pagination');
});

test('every service is there', () => {
  expectTypeOf(client).toHaveProperty('identity').toHaveProperty('me').toHaveProperty('get');
  expectTypeOf(client.identity.auth.token).toHaveProperty('mutate');
});

test('what the router does not have is an error', () => {
  const wrong = () => [
    // @ts-expect-error: no such plan
    tenant.list.query({ plan: 'golden' }),
    // @ts-expect-error: no such field
    tenant.list.query({ colour: 'red' }),
    // @ts-expect-error: fields are missing
    tenant.create.mutate({ slug: 'acme' }),
    // @ts-expect-error: a query is not mutated
    tenant.get.mutate({ tenantId: 'tnt_1' }),
    // @ts-expect-error: no such procedure
    tenant.destroy.mutate({ tenantId: 'tnt_1' }),
    // @ts-expect-error: procedures between services are not for callers
    client.tenancy.access.resolve.query({}),
    // @ts-expect-error: no such service
    client.weather.today.query(),
    // @ts-expect-error: a key is a string
    tenant.remove.mutate({ tenantId: 'tnt_1' }, { context: { idempotencyKey: 7 } }),
  ];
  expectTypeOf(wrong).toBeFunction();
});

test('pages have the items of the list', () => {
  const tenants = pages((cursor) => tenant.list.query({ cursor }));
  expectTypeOf(tenants.toArray).returns.resolves.items.toHaveProperty('slug').toEqualTypeOf<string>();
});

test('errors narrow by code', () => {
  const error: unknown = new PlinthError('SLUG_TAKEN', { message: '' });
  if (isPlinthError(error)) expectTypeOf(error.code).toEqualTypeOf<PlinthErrorCode>();
  if (isPlinthError(error, 'SLUG_TAKEN', 'NETWORK')) {
    expectTypeOf(error.code).toEqualTypeOf<'SLUG_TAKEN' | 'NETWORK'>();
  }
  // @ts-expect-error: no such code
  isPlinthError(error, 'SLUG_TOKEN');
});
