import type { AppRouter as IdentityRouter } from '../../../apps/identity/src/router.ts';
import type { AppRouter as TenancyRouter } from '../../../apps/tenancy/src/router.ts';
import type { AppRouter as PostgresRouter } from '../../../apps/postgres/src/router.ts';

/** Every service that callers may reach, by its name in URLs. */
export interface Services {
  identity: IdentityRouter;
  tenancy: TenancyRouter;
  postgres: PostgresRouter;
}
