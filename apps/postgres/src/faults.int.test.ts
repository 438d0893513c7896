import { faultSuite } from '@plinth/testing';
import { appRouter } from './router.ts';
import { openPostgres } from './testing/harness.ts';

const { dropDatabase, newMember, send } = await openPostgres();

faultSuite({ router: appRouter, send, caller: () => newMember('owner'), dropDatabase });
