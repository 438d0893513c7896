import { createService } from '@plinth/service';
import type { Deps } from './deps.ts';
import { appRouter } from './router.ts';
import { rowsNatives } from './rows/rows.natives.ts';

const resources = {
  rows: 'The rows of a workspace, as its tables and views hold them.',
};

export const buildApp = (deps: Deps) =>
  createService({
    ...deps,
    name: 'postgres',
    router: appRouter,
    resources,
    natives: rowsNatives(deps.services.rows),
  });
