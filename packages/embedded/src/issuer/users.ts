import type { IssuerDatabase } from './database.ts';
import { hashPassword } from './password.ts';

export interface IssuerUser extends Record<string, unknown> {
  id: string;
  email: string;
  displayName: string | null;
  emailVerified: boolean;
  disabled: boolean;
  createdAt: string;
}

export interface NewUser {
  email: string;
  password: string;
  displayName?: string | undefined;
}

export interface IssuerUsers {
  /** Makes the user if the address is new; an existing one stays as it is. */
  ensure(user: NewUser): Promise<{ user: IssuerUser; created: boolean }>;
  findById(id: string): Promise<IssuerUser | undefined>;
  findByEmail(email: string): Promise<IssuerUser | undefined>;
  /** Ends all of the user's sessions. False if there is no such user. */
  setPassword(id: string, password: string): Promise<boolean>;
  /** Disabling ends all of the user's sessions. False if there is no such user. */
  setDisabled(id: string, disabled: boolean): Promise<boolean>;
}

export interface StoredUser extends IssuerUser {
  passwordHash: string;
}

const COLUMNS = `id, email, display_name AS "displayName", email_verified AS "emailVerified", disabled,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt"`;

export async function findForSignIn(
  database: IssuerDatabase,
  realm: string,
  email: string,
): Promise<StoredUser | undefined> {
  const [user] = await database.query<StoredUser>(
    `SELECT ${COLUMNS}, password_hash AS "passwordHash" FROM issuer_user WHERE realm = $1 AND lower(email) = lower($2)`,
    [realm, email],
  );
  return user;
}

export function createUsers(
  database: IssuerDatabase,
  realm: string,
  endSessionsOf: (accountId: string) => Promise<void>,
): IssuerUsers {
  async function findByEmail(email: string): Promise<IssuerUser | undefined> {
    const text = `SELECT ${COLUMNS} FROM issuer_user WHERE realm = $1 AND lower(email) = lower($2)`;
    return (await database.query<IssuerUser>(text, [realm, email]))[0];
  }

  async function ensure(wanted: NewUser): Promise<{ user: IssuerUser; created: boolean }> {
    const known = await findByEmail(wanted.email);
    if (known) return { user: known, created: false };
    const [made] = await database.query<IssuerUser>(
      `INSERT INTO issuer_user (email, password_hash, display_name, realm) VALUES ($1, $2, $3, $4)
       ON CONFLICT (realm, lower(email)) DO NOTHING RETURNING ${COLUMNS}`,
      [wanted.email, await hashPassword(wanted.password), wanted.displayName ?? null, realm],
    );
    return made ? { user: made, created: true } : ensure(wanted);
  }

  return {
    ensure,
    findByEmail,
    async findById(id) {
      const text = `SELECT ${COLUMNS} FROM issuer_user WHERE realm = $1 AND id = $2`;
      return (await database.query<IssuerUser>(text, [realm, id]))[0];
    },
    async setPassword(id, password) {
      const changed = await database.query(
        'UPDATE issuer_user SET password_hash = $3 WHERE realm = $1 AND id = $2 RETURNING id',
        [realm, id, await hashPassword(password)],
      );
      if (changed.length > 0) await endSessionsOf(id);
      return changed.length > 0;
    },
    async setDisabled(id, disabled) {
      const changed = await database.query(
        'UPDATE issuer_user SET disabled = $3 WHERE realm = $1 AND id = $2 RETURNING id',
        [realm, id, disabled],
      );
      if (changed.length > 0 && disabled) await endSessionsOf(id);
      return changed.length > 0;
    },
  };
}
