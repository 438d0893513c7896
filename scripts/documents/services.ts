import type { ServiceName } from '@plinth/contracts';
import type { AnyTRPCRouter } from '@trpc/server';
import { appRouter as identity } from '../../apps/identity/src/router.ts';
import { appRouter as postgres } from '../../apps/postgres/src/router.ts';
import { appRouter as tenancy } from '../../apps/tenancy/src/router.ts';

/** Every service that answers callers, in the order of the documents. */
export const ROUTERS: readonly { service: ServiceName; router: AnyTRPCRouter }[] = [
  { service: 'identity', router: identity },
  { service: 'tenancy', router: tenancy },
  { service: 'postgres', router: postgres },
];
