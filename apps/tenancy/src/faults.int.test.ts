import { faultSuite, testMember } from '@plinth/testing';
import { afterAll, beforeAll } from 'vitest';
import { appRouter } from './router.ts';
import { startTenancy, type Tenancy } from './testing/harness.ts';

let tenancy: Tenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.close());

faultSuite({
  router: appRouter,
  send: (caller, request) => tenancy.send(caller, request),
  caller: () => testMember('owner'),
  dropDatabase: () => tenancy.dropDatabase(),
});
