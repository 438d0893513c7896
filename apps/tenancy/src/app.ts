import { createService } from '@plinth/service';
import type { Deps } from './deps.ts';
import { appRouter, internalRouter } from './router.ts';

export const buildApp = (deps: Deps) =>
  createService({ ...deps, name: 'tenancy', router: appRouter, internalRouter });
