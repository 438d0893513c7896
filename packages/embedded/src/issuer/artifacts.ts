import { createHash } from 'node:crypto';
import { errors } from 'oidc-provider';
import type { ReadAccessToken } from './access-token.ts';
import { type FindClient, toMetadata } from './clients.ts';
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
}

interface ArtifactParts {
  database: IssuerDatabase;
  /** What was made in another realm is not there. */
  realm: string;
  findClient: FindClient;
  readAccessToken: ReadAccessToken;
}

interface Row extends Record<string, unknown> {
  payload: Payload;
  consumed: number | null;
}

const COLUMNS = 'payload, extract(epoch FROM consumed_at)::int AS consumed';
const IN_FORCE = '(expires_at IS NULL OR expires_at > now())';

const digest = (id: string): string => createHash('sha256').update(id).digest('base64url');

export function createArtifacts({ database, realm, findClient, readAccessToken }: ArtifactParts): Artifacts {
  async function findBy(condition: string, values: string[]): Promise<Payload | undefined> {
    const [row] = await database.query<Row>(
      `SELECT ${COLUMNS} FROM issuer_artifact WHERE realm = $1 AND ${condition} AND ${IN_FORCE}`,
      [realm, ...values],
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
          `INSERT INTO issuer_artifact (kind, id, payload, grant_id, user_code, uid, expires_at, realm)
           VALUES ($1, $2, $3::jsonb, $4, $5, $6, now() + make_interval(secs => $7), $8)
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
            realm,
          ],
        );
      },
      async find(id) {
        if (kind === 'Client') {
          const client = await findClient(id);
          return client && toMetadata(client);
        }
        if (kind === 'AccessToken') return fromAccessToken(id);
        const found = await findBy('kind = $2 AND id = $3', [kind, digest(id)]);
        return found && { ...found, jti: id };
      },
      findByUid: (uid) => findBy('kind = $2 AND uid = $3', [kind, uid]),
      findByUserCode: (userCode) => findBy('kind = $2 AND user_code = $3', [kind, userCode]),
      async consume(id) {
        const consumed = await database.query(
          `UPDATE issuer_artifact SET consumed_at = now()
           WHERE realm = $1 AND kind = $2 AND id = $3 AND consumed_at IS NULL RETURNING id`,
          [realm, kind, digest(id)],
        );
        // oidc-provider looked before; of two requests at once only one may go on.
        if (consumed.length === 0) throw new errors.InvalidGrant(`${kind} already used`);
      },
      async destroy(id) {
        await database.query('DELETE FROM issuer_artifact WHERE realm = $1 AND kind = $2 AND id = $3', [
          realm,
          kind,
          digest(id),
        ]);
      },
      async revokeByGrantId(grantId) {
        await database.query('DELETE FROM issuer_artifact WHERE realm = $1 AND kind = $2 AND grant_id = $3', [
          realm,
          kind,
          grantId,
        ]);
      },
    }),
    async endGrant(grantId, sessionUid) {
      await database.query(
        `DELETE FROM issuer_artifact
         WHERE realm = $4 AND (grant_id = $1 OR (kind = 'Grant' AND id = $2) OR (kind = 'Session' AND uid = $3))`,
        [grantId, digest(grantId), sessionUid ?? null, realm],
      );
    },
    async endSessionsOf(accountId) {
      await database.query("DELETE FROM issuer_artifact WHERE payload ->> 'accountId' = $1", [accountId]);
    },
  };
}

/** Of all realms. */
export async function forgetExpiredArtifacts(database: IssuerDatabase): Promise<void> {
  await database.query(
    `DELETE FROM issuer_artifact WHERE ctid IN (
       SELECT ctid FROM issuer_artifact WHERE expires_at < now() LIMIT 5000 FOR UPDATE SKIP LOCKED)`,
  );
}
