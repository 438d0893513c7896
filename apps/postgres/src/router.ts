import { router } from './procedure.ts';
import { rowsRouter } from './rows/rows.router.ts';

export const appRouter = router({
  rows: rowsRouter,
});

export type AppRouter = typeof appRouter;
