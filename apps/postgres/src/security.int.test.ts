import { permissionSuite, routerRules, securitySuite, testMember } from '@plinth/testing';
import { newId } from '@plinth/contracts';
import { afterAll, beforeAll } from 'vitest';
import { appRouter } from './router.ts';
import { type Postgres, startPostgres } from './testing/harness.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

const send: Postgres['send'] = (caller, request) => postgres.send(caller, request);

routerRules(appRouter);
permissionSuite({ router: appRouter, send });
securitySuite({
  router: appRouter,
  send,
  sendWithPassport: (passport, request) => postgres.sendWithPassport(passport, request),
  foreignPassport: () => postgres.keys.passport(testMember(), 'gateway'),
  entitled: () => postgres.newMember('owner'),
  stranger: async () => postgres.newMember('owner'),
  // The passport of a stranger is for a workspace of their own.
  ids: async () => ({ workspaceId: newId('workspace') }),
});
