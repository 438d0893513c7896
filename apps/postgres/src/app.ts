import { createService } from '@plinth/service';
import type { Deps } from './deps.ts';
import { appRouter } from './router.ts';

const resources = {
  placement: 'A placement of an organization.',
};

export const buildApp = (deps: Deps) =>
  createService({ ...deps, name: 'postgres', router: appRouter, resources });
