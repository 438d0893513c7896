import { apiKeyRouter } from './api-key/api-key.router.ts';
import { authRouter } from './auth/auth.router.ts';
import { authzRouter } from './authz/authz.router.ts';
import { clientRouter } from './client/client.router.ts';
import { meRouter } from './me/me.router.ts';
import { passportRouter } from './passport/passport.router.ts';
import { router } from './procedure.ts';
import { realmIssuerRouter } from './realm/realm-issuer.router.ts';
import { realmRouter } from './realm/realm.router.ts';
import { revocationRouter } from './revocation/revocation.router.ts';
import { roleRouter } from './role/role.router.ts';
import { serviceAccountRouter } from './service-account/service-account.router.ts';
import { userRouter } from './user/user.router.ts';

export const appRouter = router({
  apiKey: apiKeyRouter,
  auth: authRouter,
  authz: authzRouter,
  me: meRouter,
  realm: realmRouter,
  client: clientRouter,
  role: roleRouter,
  serviceAccount: serviceAccountRouter,
  user: userRouter,
});

export const internalRouter = router({
  passport: passportRouter,
  realm: realmIssuerRouter,
  revocation: revocationRouter,
});

export type AppRouter = typeof appRouter;
