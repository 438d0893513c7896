import { createService } from '@plinth/service';
import { batchNatives } from './batch/batch.natives.ts';
import type { Deps } from './deps.ts';
import { functionNatives } from './function/function.natives.ts';
import { openapiNatives } from './openapi/openapi.natives.ts';
import { appRouter } from './router.ts';
import { rowsNatives } from './rows/rows.natives.ts';

const resources = {
  credential: 'A login of a workspace, for programs that speak to Postgres themselves.',
  rows: 'The rows of a workspace, as its tables and views hold them.',
  function: 'A function of a workspace, which its members may call.',
  batch: 'Several operations on rows and functions, all done or none.',
  table: 'A table of a workspace: its columns, its keys, and who sees what of it.',
  migration: 'A numbered list of changes to the tables of a workspace, each of which it has once.',
  column: 'A column of a table.',
  index: 'An index of a table.',
  type: 'A type of a workspace, with few values.',
  policy: 'A rule about who has which rows of a table.',
  openapi: 'What a workspace holds, as an OpenAPI document of its own.',
};

export const buildApp = (deps: Deps) =>
  createService({
    ...deps,
    name: 'postgres',
    router: appRouter,
    resources,
    natives: {
      ...rowsNatives(deps.services.rows, deps.imports),
      ...functionNatives(deps.services.functions),
      ...batchNatives(deps.services.batches),
      ...openapiNatives(deps.services.openapi),
    },
  });
