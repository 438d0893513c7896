import { apiKeyRouter } from './api-key/api-key.router.ts';
import { authRouter } from './auth/auth.router.ts';
import { meRouter } from './me/me.router.ts';
import { passportRouter } from './passport/passport.router.ts';
import { router } from './procedure.ts';
import { revocationRouter } from './revocation/revocation.router.ts';

export const appRouter = router({
  apiKey: apiKeyRouter,
  auth: authRouter,
  me: meRouter,
});

export const internalRouter = router({ passport: passportRouter, revocation: revocationRouter });

export type AppRouter = typeof appRouter;
