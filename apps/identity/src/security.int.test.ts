import { inputSuite, permissionSuite, routerRules, securitySuite, testMember } from '@plinth/testing';
import { afterAll, beforeAll } from 'vitest';
import { appRouter } from './router.ts';
import { createApiKeys } from './testing/api-keys.ts';
import { type Identity, startIdentity } from './testing/harness.ts';
import { newRealm } from './testing/realms.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.close());

routerRules(appRouter);

permissionSuite({ router: appRouter, send: (caller, request) => identity.send(caller, request) });

inputSuite({
  router: appRouter,
  service: 'identity',
  send: (caller, request) => identity.send(caller, request),
});

securitySuite({
  router: appRouter,
  send: (caller, request) => identity.send(caller, request),
  sendWithPassport: (passport, request) => identity.sendWithPassport(passport, request),
  foreignPassport: () => identity.keys.passport(testMember(), 'gateway'),
  stranger: async () => testMember(),
  async ids() {
    const keys = createApiKeys(identity);
    const { id: keyId } = await keys.create(keys.member());
    const { owner, realm, url } = await newRealm(identity);
    const payload = { name: 'Storefront', redirectUris: ['https://shop.example.com/'] };
    const { body } = await identity.send(owner, { method: 'POST', url: `${url}/clients`, payload });
    const account = await identity.send(keys.member(), {
      method: 'POST',
      url: '/v1/service-accounts',
      payload: { name: 'Loader', role: 'ci' },
    });
    return { keyId, realmId: realm.id, clientId: body.id, serviceAccountId: account.body.id };
  },
});
