import { authRouter } from './auth/auth.router.ts';
import { meRouter } from './me/me.router.ts';
import { passportRouter } from './passport/passport.router.ts';
import { router } from './procedure.ts';

export const appRouter = router({
  auth: authRouter,
  me: meRouter,
});

export const internalRouter = router({ passport: passportRouter });

export type AppRouter = typeof appRouter;
