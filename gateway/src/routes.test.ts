import { expect, test } from 'vitest';
import { findRoute, routesFor } from './routes.ts';

const find = (path: string, provider: 'embedded' | 'keycloak' = 'embedded') =>
  findRoute(routesFor(provider), path);

test.each([
  ['/v1/tenants', 'tenancy', {}],
  ['/v1/tenants/', 'tenancy', {}],
  ['/v1/tenants/tnt_1', 'tenancy', { tenantId: 'tnt_1' }],
  ['/v1/tenants/tnt%5f1/workspaces', 'tenancy', { tenantId: 'tnt_1' }],
  ['/v1/tenants/%zz', 'tenancy', { tenantId: '%zz' }],
  ['/v1/workspaces/wks_1', 'tenancy', { workspaceId: 'wks_1' }],
  ['/api/v1/organizations', 'tenancy', {}],
  ['/api/v1/organizations/org_1', 'tenancy', { organizationId: 'org_1' }],
  ['/api/v1/organizations/org_1/tenants', 'tenancy', { organizationId: 'org_1' }],
  ['/api/v1/organizations/org_1/tenants/tnt_1/suspend', 'tenancy', { tenantId: 'tnt_1' }],
  ['/api/v1/organizations/org_1/members/mbr_1', 'tenancy', { organizationId: 'org_1' }],
  ['/v1/me', 'identity', {}],
  ['/v1/auth/token', 'identity', {}],
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

test('the realms are public only where the embedded provider answers them', () => {
  expect(find('/realms/plinth/protocol/openid-connect/token')?.route.carrier).toBe('stream');
  expect(find('/realms/plinth', 'keycloak')).toBeUndefined();
});
