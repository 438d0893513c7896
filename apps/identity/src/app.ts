import { createService } from '@plinth/service';
import type { Deps } from './deps.ts';
import { registerRealm } from './provider/realm-route.ts';
import { appRouter, internalRouter } from './router.ts';

export const buildApp = (deps: Deps) =>
  createService({
    ...deps,
    name: 'identity',
    router: appRouter,
    internalRouter,
    registerNative: (app) => registerRealm(app, deps.provider),
  });
