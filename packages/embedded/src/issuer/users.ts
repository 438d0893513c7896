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
  email: string,
): Promise<StoredUser | undefined> {
  const [user] = await database.query<StoredUser>(
    `SELECT ${COLUMNS}, password_hash AS "passwordHash" FROM issuer_user WHERE lower(email) = lower($1)`,
    [email],
  );
  return user;
}

export function createUsers(
  database: IssuerDatabase,
  endSessionsOf: (accountId: string) => Promise<void>,
): IssuerUsers {
  async function findByEmail(email: string): Promise<IssuerUser | undefined> {
    const text = `SELECT ${COLUMNS} FROM issuer_user WHERE lower(email) = lower($1)`;
    return (await database.query<IssuerUser>(text, [email]))[0];
  }

  async function ensure(wanted: NewUser): Promise<{ user: IssuerUser; created: boolean }> {
    const known = await findByEmail(wanted.email);
    if (known) return { user: known, created: false };
    const [made] = await database.query<IssuerUser>(
      `INSERT INTO issuer_user (email, password_hash, display_name) VALUES ($1, $2, $3)
       ON CONFLICT (lower(email)) DO NOTHING RETURNING ${COLUMNS}`,
      [wanted.email, await hashPassword(wanted.password), wanted.displayName ?? null],
    );
    return made ? { user: made, created: true } : ensure(wanted);
  }

  return {
    ensure,
    findByEmail,
    async findById(id) {
      const text = `SELECT ${COLUMNS} FROM issuer_user WHERE id = $1`;
      return (await database.query<IssuerUser>(text, [id]))[0];
    },
    async setPassword(id, password) {
      const changed = await database.query(
        'UPDATE issuer_user SET password_hash = $2 WHERE id = $1 RETURNING id',
        [id, await hashPassword(password)],
      );
      if (changed.length > 0) await endSessionsOf(id);
      return changed.length > 0;
    },
    async setDisabled(id, disabled) {
      const changed = await database.query(
        'UPDATE issuer_user SET disabled = $2 WHERE id = $1 RETURNING id',
        [id, disabled],
      );
      if (changed.length > 0 && disabled) await endSessionsOf(id);
      return changed.length > 0;
    },
  };
}
