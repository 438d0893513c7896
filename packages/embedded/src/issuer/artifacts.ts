import { createHash } from 'node:crypto';
import { errors } from 'oidc-provider';
import type { ReadAccessToken } from './access-token.ts';
import type { IssuerDatabase } from './database.ts';

// oidc-provider's memory. An id is what a client presents (a code, a refresh token, a session cookie), so only its
// digest is stored, and the `jti` in the payload, which repeats it, is taken out and put back.

interface Payload extends Record<string, unknown> {
  grantId?: string;
  userCode?: string;
  uid?: string;
}

interface Adapter {
  upsert(id: string, payload: Payload, expiresIn?: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  findByUid(uid: string): Promise<Payload | undefined>;
  findByUserCode(userCode: string): Promise<Payload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

export interface Artifacts {
  adapterFor(kind: string): Adapter;
  endGrant(grantId: string, sessionUid: string | undefined): Promise<void>;
  endSessionsOf(accountId: string): Promise<void>;
  sweep(): Promise<void>;
}

interface Row extends Record<string, unknown> {
  payload: Payload;
  consumed: number | null;
}

const COLUMNS = 'payload, extract(epoch FROM consumed_at)::int AS consumed';
const IN_FORCE = '(expires_at IS NULL OR expires_at > now())';

const digest = (id: string): string => createHash('sha256').update(id).digest('base64url');

export function createArtifacts(database: IssuerDatabase, readAccessToken: ReadAccessToken): Artifacts {
  async function findBy(condition: string, values: string[]): Promise<Payload | undefined> {
    const [row] = await database.query<Row>(
      `SELECT ${COLUMNS} FROM issuer_artifact WHERE ${condition} AND ${IN_FORCE}`,
      values,
    );
    return row && { ...row.payload, ...(row.consumed === null ? {} : { consumed: row.consumed }) };
  }

  /** Access tokens are signed, not stored: what userinfo asks for is read from the token itself. */
  function fromAccessToken(token: string): Payload | undefined {
    const claims = readAccessToken(token);
    if (!claims?.sid) return undefined;
    const { jti, iat, exp, sub, azp, sid, scope } = claims;
    return { kind: 'AccessToken', jti, iat, exp, accountId: sub, clientId: azp, grantId: sid, scope };
  }

  return {
    adapterFor: (kind) => ({
      async upsert(id, { jti: _, ...payload }, expiresIn) {
        await database.query(
          `INSERT INTO issuer_artifact (kind, id, payload, grant_id, user_code, uid, expires_at)
           VALUES ($1, $2, $3::jsonb, $4, $5, $6, now() + make_interval(secs => $7))
           ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
             user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`,
          [
            kind,
            digest(id),
            JSON.stringify(payload),
            payload.grantId ?? null,
            payload.userCode ?? null,
            payload.uid ?? null,
            expiresIn ?? null,
          ],
        );
      },
      async find(id) {
        // The clients come from the settings; whoever is not among them is nowhere.
        if (kind === 'Client') return undefined;
        if (kind === 'AccessToken') return fromAccessToken(id);
        const found = await findBy('kind = $1 AND id = $2', [kind, digest(id)]);
        return found && { ...found, jti: id };
      },
      findByUid: (uid) => findBy('kind = $1 AND uid = $2', [kind, uid]),
      findByUserCode: (userCode) => findBy('kind = $1 AND user_code = $2', [kind, userCode]),
      async consume(id) {
        const consumed = await database.query(
          `UPDATE issuer_artifact SET consumed_at = now()
           WHERE kind = $1 AND id = $2 AND consumed_at IS NULL RETURNING id`,
          [kind, digest(id)],
        );
        // oidc-provider looked before; of two requests at once only one may go on.
        if (consumed.length === 0) throw new errors.InvalidGrant(`${kind} already used`);
      },
      async destroy(id) {
        await database.query('DELETE FROM issuer_artifact WHERE kind = $1 AND id = $2', [kind, digest(id)]);
      },
      async revokeByGrantId(grantId) {
        await database.query('DELETE FROM issuer_artifact WHERE kind = $1 AND grant_id = $2', [
          kind,
          grantId,
        ]);
      },
    }),
    async endGrant(grantId, sessionUid) {
      await database.query(
        `DELETE FROM issuer_artifact
         WHERE grant_id = $1 OR (kind = 'Grant' AND id = $2) OR (kind = 'Session' AND uid = $3)`,
        [grantId, digest(grantId), sessionUid ?? null],
      );
    },
    async endSessionsOf(accountId) {
      await database.query("DELETE FROM issuer_artifact WHERE payload ->> 'accountId' = $1", [accountId]);
    },
    async sweep() {
      await database.query(
        `DELETE FROM issuer_artifact WHERE ctid IN (
           SELECT ctid FROM issuer_artifact WHERE expires_at < now() LIMIT 5000 FOR UPDATE SKIP LOCKED)`,
      );
    },
  };
}
