import { initService } from '@plinth/service';
import type { AccessService } from './access/access.service.ts';
import type { OrganizationService } from './organization/organization.service.ts';
import type { TenantService } from './tenant/tenant.service.ts';
import type { WorkspaceService } from './workspace/workspace.service.ts';
import type { WorkspaceStateService } from './workspace-state/workspace-state.service.ts';

export interface Services {
  tenants: TenantService;
  workspaces: WorkspaceService;
  organizations: OrganizationService;
  access: AccessService;
  workspaceStates: WorkspaceStateService;
}

export const { router, procedure, internalProcedure } = initService<Services>();
