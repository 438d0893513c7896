import { newId } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';
import type { Identity, Principal } from './principal.service.ts';

const COLUMNS = 'id, email, email_verified as "emailVerified"';

export interface PrincipalRow extends Principal {
  email: string | null;
  emailVerified: boolean;
}

export function principalRepo(db: Queryable) {
  return {
    async find({ issuer, subject }: Identity): Promise<(PrincipalRow & { seenLately: boolean }) | undefined> {
      const [row] = await db.query<PrincipalRow & { seenLately: boolean }>(
        `select ${COLUMNS}, last_seen_at > now() - interval '10 minutes' as "seenLately"
         from principal where issuer = $1 and subject = $2`,
        [issuer, subject],
      );
      return row;
    },

    async subjectOf(id: string): Promise<string | undefined> {
      const [row] = await db.query<{ subject: string }>('select subject from principal where id = $1', [id]);
      return row?.subject;
    },

    /** Two replicas may see somebody for the first time at once: both get the one row. */
    async save({ issuer, subject, email, emailVerified }: Identity): Promise<PrincipalRow> {
      const [row] = await db.query<PrincipalRow>(
        `insert into principal (id, issuer, subject, email, email_verified)
         values ($1, $2, $3, $4, $5)
         on conflict (issuer, subject) do update set email = coalesce(excluded.email, principal.email),
           email_verified = excluded.email_verified, last_seen_at = now()
         returning ${COLUMNS}`,
        [newId('user'), issuer, subject, email ?? null, emailVerified],
      );
      if (!row) throw new Error('insert returned no row');
      return row;
    },
  };
}
