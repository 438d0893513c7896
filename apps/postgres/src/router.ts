import { placementRouter } from './placement/placement.router.ts';
import { router } from './procedure.ts';

export const appRouter = router({
  placement: placementRouter,
});

export type AppRouter = typeof appRouter;
