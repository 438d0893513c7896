import { createService } from '@plinth/service';
import type { Deps } from './deps.ts';
import { appRouter, internalRouter } from './router.ts';
import { workspaceEnvironment } from './versions/2026-11-01-workspace-environment.ts';

const resources = {
  organization: 'Who signs in: its members administer its tenants.',
  tenant: 'A customer of the organization: it has a plan, and workspaces.',
  workspace: 'Where the data of a tenant lives.',
};

export const buildApp = (deps: Deps) =>
  createService({
    ...deps,
    name: 'tenancy',
    router: appRouter,
    internalRouter,
    resources,
    changes: [workspaceEnvironment],
  });
