import { inputSuite, permissionSuite, routerRules, securitySuite } from '@plinth/testing';
import { afterAll, beforeAll } from 'vitest';
import { appRouter } from './router.ts';
import { createTenant, createWorkspace } from './testing/fixtures.ts';
import { startTenancy, type Tenancy } from './testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

routerRules(appRouter);

permissionSuite({ router: appRouter, send: (caller, request) => tenancy.send(caller, request) });

inputSuite({
  router: appRouter,
  service: 'tenancy',
  send: (caller, request) => tenancy.send(caller, request),
});

securitySuite({
  router: appRouter,
  send: (caller, request) => tenancy.send(caller, request),
  sendWithPassport: (passport, request) => tenancy.sendWithPassport(passport, request),
  foreignPassport: async () => tenancy.keys.passport(await tenancy.newOwner(), 'gateway'),
  stranger: () => tenancy.newOwner(),
  async ids() {
    const owner = await tenancy.newOwner();
    const tenant = await createTenant(tenancy, owner);
    const workspace = await createWorkspace(tenancy, owner, { tenantId: tenant.id });
    return { tenantId: tenant.id, workspaceId: workspace.id };
  },
});
