import { inputSuite, permissionSuite, routerRules, securitySuite, testMember } from '@plinth/testing';
import { newId } from '@plinth/contracts';
import { appRouter } from './router.ts';
import { openPostgres } from './testing/harness.ts';

const { keys, newMember, send, sendWithPassport } = await openPostgres();

routerRules(appRouter);
permissionSuite({ router: appRouter, send });
inputSuite({
  router: appRouter,
  service: 'postgres',
  send,
  entitled: () => newMember('owner'),
});

securitySuite({
  router: appRouter,
  send,
  sendWithPassport,
  foreignPassport: () => keys.passport(testMember(), 'gateway'),
  entitled: () => newMember('owner'),
  stranger: async () => newMember('owner'),
  // The passport of a stranger is for a workspace of their own.
  ids: async () => ({ workspaceId: newId('workspace') }),
});
