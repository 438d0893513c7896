import type { RevocationSubject, RevocationsSince } from '@plinth/contracts';
import type { Queryable } from '@plinth/database';

type Numbered = RevocationsSince['revocations'][number];

export interface Revoked {
  pushId: string;
  subject: RevocationSubject;
  revokedAt: string;
}

/** What is known of the subjects of one token, and how far that knowledge goes. */
export interface Standing {
  sequence: number;
  isSessionRevoked: boolean;
  /** Seconds since the epoch. */
  principalRevokedAt: number | null;
}

/** A sign-in at the provider lasts a day at most, and the tokens of its last hour that much longer. */
const KEPT = "interval '25 hours'";
/** What a passport of 60 seconds that is alive may have been made without. */
const RECENT = "interval '2 minutes'";

export function revocationRepo(db: Queryable) {
  return {
    /** One statement, so that the number's row is held as shortly as can be. */
    insert(all: readonly Revoked[]): Promise<Numbered[]> {
      return db.query<Numbered>(
        `with counter as (
           update revocation_sequence set last = last + cardinality($1::text[]) returning last - cardinality($1::text[]) as before
         )
         insert into revocation (sequence, push_id, subject, revoked_at)
         select counter.before + item.place, item.push_id, item.subject, item.revoked_at
         from counter, unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality
           as item (push_id, subject, revoked_at, place)
         on conflict (push_id, subject) do update set revoked_at = revocation.revoked_at
         returning sequence, subject`,
        [
          all.map(({ pushId }) => pushId),
          all.map(({ subject }) => subject),
          all.map(({ revokedAt }) => revokedAt),
        ],
      );
    },

    async last(): Promise<number> {
      const [row] = await db.query<{ last: number }>('select last from revocation_sequence');
      return row?.last ?? 0;
    },

    async since(after: number | undefined, limit: number): Promise<{ last: number; rows: Numbered[] }> {
      const rows = await db.query<{ last: number; sequence: number | null; subject: RevocationSubject }>(
        `select counter.last, told.sequence, told.subject
         from revocation_sequence counter
         left join lateral (
           select sequence, subject from revocation
           where sequence > coalesce($1::bigint, (
             select sequence from revocation where recorded_at < now() - ${RECENT} order by sequence desc limit 1
           ), 0)
           order by sequence limit $2
         ) told on true
         order by told.sequence`,
        [after ?? null, limit],
      );
      return {
        last: rows[0]?.last ?? 0,
        rows: rows.flatMap(({ sequence, subject }) => (sequence === null ? [] : [{ sequence, subject }])),
      };
    },

    /** One statement, and so one moment: what is revoked after it has a higher number. */
    async standing(session: RevocationSubject | undefined, principal: RevocationSubject): Promise<Standing> {
      const [row] = await db.query<Standing>(
        `select counter.last as sequence,
           exists (select from revocation where subject = $1) as "isSessionRevoked",
           (select extract(epoch from max(revoked_at))::float8 from revocation where subject = $2) as "principalRevokedAt"
         from revocation_sequence counter`,
        [session ?? null, principal],
      );
      if (!row) throw new Error('the row that counts revocations is gone');
      return row;
    },

    /** How many went. */
    async sweep(limit: number): Promise<number> {
      const gone = await db.query(
        `delete from revocation where sequence in (
           select sequence from revocation where recorded_at < now() - ${KEPT} limit $1 for update skip locked
         ) returning 1`,
        [limit],
      );
      return gone.length;
    },
  };
}
