import { createService } from '@plinth/service';
import type { Deps } from './deps.ts';
import { registerRealm } from './provider/realm-route.ts';
import { appRouter, internalRouter } from './router.ts';

const resources = {
  apiKey: 'Keys for programs: what they may do, from where, and until when.',
  auth: 'Signing in: tokens, and what a sign-in screen needs to know.',
  authz: 'Who may do what, told before it is tried.',
  me: 'The caller itself.',
  realm: 'Where the users of a tenant sign in.',
  client: 'The apps that sign users of a realm in.',
  role: 'What users of a realm can be.',
  serviceAccount: 'Programs that belong to an organization, and to nobody in it.',
  user: 'Who signs in to the apps of a tenant.',
};

export const buildApp = (deps: Deps) =>
  createService({
    ...deps,
    name: 'identity',
    router: appRouter,
    internalRouter,
    resources,
    registerNative: (app) => registerRealm(app, deps.provider),
  });
