import { faultSuite } from '@plinth/testing';
import { afterAll, beforeAll } from 'vitest';
import { appRouter } from './router.ts';
import { type Postgres, startPostgres } from './testing/harness.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

faultSuite({
  router: appRouter,
  send: (caller, request) => postgres.send(caller, request),
  caller: () => postgres.newMember('owner'),
  dropDatabase: () => postgres.dropDatabase(),
});
