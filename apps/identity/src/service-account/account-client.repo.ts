import type { Queryable } from '@plinth/database';
import { ALIVE, COLUMNS, type ServiceAccountRow } from './service-account.repo.ts';

/** Longer than the provider is given to answer. */
const LOCK_SECONDS = 10;

const LOCK = `client_attempt = $2, client_locked_until = now() + make_interval(secs => ${LOCK_SECONDS})`;

export function accountClientRepo(db: Queryable) {
  return {
    /** The lock to tell the provider of it; false while another has it. */
    async take(id: string, attempt: string): Promise<boolean> {
      const taken = await db.query(
        `update service_account set ${LOCK}
         where id = $1 and (client_attempt is null or client_attempt = $2 or client_locked_until <= now()) returning 1`,
        [id, attempt],
      );
      return taken.length > 0;
    },

    /** The provider has it now, with the secret of this attempt. Nothing when the account or its client went meanwhile. */
    async put(organizationId: string, id: string, attempt: string): Promise<ServiceAccountRow | undefined> {
      const [row] = await db.query<ServiceAccountRow>(
        `update service_account set client_created_at = coalesce(client_created_at, now()), client_secret_at = now(),
           client_attempt = null, client_locked_until = null, version = version + 1, updated_at = now()
         where ${ALIVE} and client_attempt = $3 returning ${COLUMNS}`,
        [organizationId, id, attempt],
      );
      return row;
    },

    async unsettled(limit: number): Promise<string[]> {
      const rows = await db.query<{ id: string }>(
        `select id from service_account where client_attempt is not null and client_locked_until <= now()
         order by client_locked_until limit $1`,
        [limit],
      );
      return rows.map(({ id }) => id);
    },

    /** Whether it is to have a client at the provider; nothing while another tells it, or when there is nothing to tell. */
    async takeUnsettled(id: string, attempt: string): Promise<{ isWanted: boolean } | undefined> {
      const [row] = await db.query<{ isWanted: boolean }>(
        `update service_account set ${LOCK}
         where id = $1 and client_attempt is not null and client_locked_until <= now()
         returning client_created_at is not null as "isWanted"`,
        [id, attempt],
      );
      return row;
    },

    async settle(id: string, attempt: string): Promise<void> {
      await db.query(
        `update service_account set client_attempt = null, client_locked_until = null where id = $1 and client_attempt = $2`,
        [id, attempt],
      );
    },
  };
}
