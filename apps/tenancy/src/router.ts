import { accessRouter } from './access/access.router.ts';
import { organizationRouter } from './organization/organization.router.ts';
import { router } from './procedure.ts';
import { tenantRouter } from './tenant/tenant.router.ts';
import { workspaceRouter } from './workspace/workspace.router.ts';
import { workspaceStateRouter } from './workspace-state/workspace-state.router.ts';

export const appRouter = router({
  organization: organizationRouter,
  tenant: tenantRouter,
  workspace: workspaceRouter,
});

export const internalRouter = router({ access: accessRouter, workspaceState: workspaceStateRouter });

export type AppRouter = typeof appRouter;
