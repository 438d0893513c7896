import { router } from './procedure.ts';
import { rowsRouter } from './rows/rows.router.ts';
import { tableRouter } from './table/table.router.ts';

export const appRouter = router({
  rows: rowsRouter,
  table: tableRouter,
});

export type AppRouter = typeof appRouter;
