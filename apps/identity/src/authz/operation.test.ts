import { describe, expect, test } from 'vitest';
import { findRoute, type Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';

const find = (method: string, path: string) => findRoute(OPERATIONS, { method, path });

describe('a route', () => {
  test.each([
    ['GET', '/v1/tenants', 'tenant.list', {}],
    ['GET', '/v1/tenants?limit=1', 'tenant.list', {}],
    ['POST', '/v1/tenants', 'tenant.create', {}],
    ['GET', '/v1/tenants/tnt_1', 'tenant.get', { tenantId: 'tnt_1' }],
    ['GET', '/v1/tenants/{tenantId}', 'tenant.get', {}],
    ['GET', '/api/v1/organizations/org_1/tenants', 'tenant.list', { organizationId: 'org_1' }],
    [
      'GET',
      '/api/v1/organizations/org_1/tenants/tnt_1',
      'tenant.get',
      { organizationId: 'org_1', tenantId: 'tnt_1' },
    ],
    ['POST', '/v1/workspaces/wks_1/undelete', 'workspace.undelete', { workspaceId: 'wks_1' }],
  ])('%s %s is %s about %o', (method, path, name, place) => {
    const none = { organizationId: undefined, tenantId: undefined, workspaceId: undefined };
    expect(find(method, path)).toEqual({ name, place: { ...none, ...place } });
  });

  test.each([
    ['PUT', '/v1/tenants'],
    ['GET', '/v1/tenants/'],
    ['GET', '/v1/tenants/tnt_1/more'],
    ['GET', '/v1'],
    ['GET', '/'],
    ['get', '/v1/tenants'],
  ])('%s %s is none', (method, path) => {
    expect(find(method, path)).toBeUndefined();
  });

  test('that is written out is meant before one that it happens to fit', () => {
    const rules = {
      service: 'identity',
      permission: 'signedIn',
      takes: [],
    } as const satisfies Partial<Operation>;
    const operations = {
      'thing.get': { ...rules, routes: ['GET /v1/things/{thingId}'] },
      'thing.report': { ...rules, routes: ['GET /v1/things/report'] },
    };
    expect(findRoute(operations, { method: 'GET', path: '/v1/things/report' })?.name).toBe('thing.report');
    expect(findRoute(operations, { method: 'GET', path: '/v1/things/other' })?.name).toBe('thing.get');
  });
});
