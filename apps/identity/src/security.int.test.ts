import { permissionSuite, routerRules, securitySuite, testMember } from '@plinth/testing';
import { afterAll, beforeAll } from 'vitest';
import { appRouter } from './router.ts';
import { createApiKeys } from './testing/api-keys.ts';
import { type Identity, startIdentity } from './testing/harness.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

routerRules(appRouter);

permissionSuite({ router: appRouter, send: (caller, request) => identity.send(caller, request) });

securitySuite({
  router: appRouter,
  send: (caller, request) => identity.send(caller, request),
  sendWithPassport: (passport, request) => identity.sendWithPassport(passport, request),
  foreignPassport: () => identity.keys.passport(testMember(), 'gateway'),
  stranger: async () => testMember(),
  async ids() {
    const keys = createApiKeys(identity);
    return { keyId: (await keys.create(keys.member())).id };
  },
});
