import { credentialRouter } from './credential/credential.router.ts';
import { batchRouter } from './batch/batch.router.ts';
import { columnRouter } from './column/column.router.ts';
import { functionRouter } from './function/function.router.ts';
import { indexRouter } from './index/index.router.ts';
import { openapiRouter } from './openapi/openapi.router.ts';
import { policyRouter } from './policy/policy.router.ts';
import { migrationRouter } from './migration/migration.router.ts';
import { router } from './procedure.ts';
import { rowsRouter } from './rows/rows.router.ts';
import { tableRouter } from './table/table.router.ts';
import { typeRouter } from './type/type.router.ts';

export const appRouter = router({
  credential: credentialRouter,
  rows: rowsRouter,
  function: functionRouter,
  batch: batchRouter,
  table: tableRouter,
  type: typeRouter,
  migration: migrationRouter,
  column: columnRouter,
  index: indexRouter,
  policy: policyRouter,
  openapi: openapiRouter,
});

export type AppRouter = typeof appRouter;
