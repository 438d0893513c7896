import { expect, test } from 'vitest';
import { carrierOf, findRoute, routesFor } from './routes.ts';

const find = (path: string, provider: 'embedded' | 'keycloak' = 'embedded') =>
  findRoute(routesFor(provider), path);

test.each([
  ['/v1/tenants', 'tenancy', {}],
  ['/v1/tenants/', 'tenancy', {}],
  ['/v1/tenants/tnt_1', 'tenancy', { tenantId: 'tnt_1' }],
  ['/v1/tenants/tnt%5f1/workspaces', 'tenancy', { tenantId: 'tnt_1' }],
  ['/v1/tenants/tnt_1/', 'tenancy', { tenantId: 'tnt_1' }],
  ['/v1/tenants/tnt_1;x=1', 'tenancy', { tenantId: 'tnt_1;x=1' }],
  ['/v1/tenants/%252e%252e', 'tenancy', { tenantId: '%2e%2e' }],
  ['/v1/tenants/...', 'tenancy', { tenantId: '...' }],
  ['/v1/workspaces/wks_1', 'tenancy', { workspaceId: 'wks_1' }],
  ['/v1/workspaces/wks_1/credentialsx', 'tenancy', { workspaceId: 'wks_1' }],
  ['/v1/workspaces/wks_1/credentials', 'postgres', { workspaceId: 'wks_1' }],
  ['/v1/workspaces/wks_1/%63redentials/crd_1/rotate', 'postgres', { workspaceId: 'wks_1' }],
  ['/v1/postgres/wks_1/rows/orders', 'postgres', { workspaceId: 'wks_1' }],
  ['/v1/postgres', 'postgres', {}],
  ['/api/v1/organizations', 'tenancy', {}],
  ['/api/v1/organizations/org_1', 'tenancy', { organizationId: 'org_1' }],
  ['/api/v1/organizations/org_1/tenants', 'tenancy', { organizationId: 'org_1' }],
  ['/api/v1/organizations/org_1/tenants/tnt_1/suspend', 'tenancy', { tenantId: 'tnt_1' }],
  ['/api/v1/organizations/org_1/%74enants/tnt_1', 'tenancy', { tenantId: 'tnt_1' }],
  ['/api/v1/organizations/*/tenants/tnt_1', 'tenancy', { tenantId: 'tnt_1' }],
  ['/api/v1/organizations/org_1/tenants/', 'tenancy', { organizationId: 'org_1' }],
  ['/api/v1/organizations/org_1/Tenants/tnt_1', 'tenancy', { organizationId: 'org_1' }],
  ['/api/v1/organizations/org_1/members/mbr_1', 'tenancy', { organizationId: 'org_1' }],
  ['/v1/me', 'identity', {}],
  ['/v1/auth/token', 'identity', {}],
  ['/v1/authz/explain', 'identity', {}],
  ['/v1/api-keys', 'identity', {}],
  ['/v1/api-keys/key_1/rotate', 'identity', {}],
  ['/v1/service-accounts/sva_1', 'identity', {}],
  ['/v1/iam/realms/rlm_1/clients', 'identity', {}],
  ['/trpc/tenancy/tenant.get', 'tenancy', {}],
  ['/trpc/identity', 'identity', {}],
])('%s goes to %s for %o', (path, service, scope) => {
  const match = find(path);
  expect(match?.route.service).toBe(service);
  expect(match?.scope).toEqual(scope);
});

test.each([
  '/internal/passport.exchange',
  '/v1',
  '/v1/tenantsx',
  '/v1/TENANTS',
  '//v1/tenants',
  '/v1/%74enants',
  '/trpc',
  '/trpc/gateway/x',
  '/health/ready',
  '/metrics',
])('%s is not there', (path) => {
  expect(find(path)).toBeUndefined();
});

test.each([
  '/v1/tenants/../workspaces/wks_1',
  '/v1/tenants/%2e%2e/workspaces/wks_1',
  '/v1/tenants/.%2E/workspaces/wks_1',
  '/v1/tenants/./tnt_1',
  '/v1/tenants/tnt_1/%2e',
  '/v1/tenants//tnt_1',
  '/v1/tenants/tnt_1//workspaces',
  '/v1/tenants/tnt_1//',
  '/v1/tenants/tnt_1%2Fworkspaces',
  '/v1/tenants/tnt_1%5cworkspaces',
  '/v1/tenants/tnt_1\\workspaces',
  '/v1/tenants/tnt_1%00',
  '/v1/tenants/%zz',
  '/v1/tenants/%ff',
  '/v1/tenants/tnt_1#/workspaces',
  '/v1/tenants/é',
  '/api/v1/organizations/org_1#/tenants/tnt_1',
  '/api/v1/organizations/org_1/../org_2/tenants/tnt_1',
  '/realms/../internal/passport.exchange',
  '/realms/%2e%2e/internal/passport.exchange',
  '/trpc/tenancy/../../internal/access.forUser',
])('%s could be read in two ways, so it is not there', (path) => {
  expect(find(path)).toBeUndefined();
});

test('a leaked key is reported without a credential, and keys are managed with one', () => {
  expect(find('/v1/api-keys/report')?.route).toMatchObject({ credential: 'none', limit: 'auth' });
  expect(find('/v1/api-keys/reports')?.route).toMatchObject({ credential: 'required', limit: 'caller' });
});

test('the realms are public only where the embedded provider answers them', () => {
  expect(find('/realms/plinth/protocol/openid-connect/token')?.route.carrier).toBe('stream');
  expect(find('/realms/plinth', 'keycloak')).toBeUndefined();
});

test.each([
  ['/v1/postgres/wks_1/rows/orders', 'text/csv', 'stream'],
  ['/v1/postgres/wks_1/rows/orders', 'Application/X-NDJSON; charset=utf-8', 'stream'],
  ['/v1/postgres/wks_1/rows/orders', 'application/json', 'json'],
  ['/v1/postgres/wks_1/rows/orders', undefined, 'json'],
  ['/v1/tenants', 'text/csv', 'json'],
])('%s with a body of %s goes by %s', (path, type, carrier) => {
  const route = find(path)?.route;
  expect(route && carrierOf(route, type)).toBe(carrier);
});
