import { createHmac } from 'node:crypto';
import type { IssuerDatabase } from './database.ts';
import { verifyPassword } from './password.ts';
import { findForSignIn, type IssuerUser } from './users.ts';

// Who an e-mail and password are. Nothing in the answer or its timing tells an unknown user from a wrong password,
// and guessing at one account slows down: after a few failures each further attempt has to wait, at most a minute.

const FREE_FAILURES = 5;
const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 60;
const MEMORY = '15 minutes';
const LONGEST_PASSWORD = 1_024;

export type SignInResult =
  | { outcome: 'accepted'; user: IssuerUser }
  | { outcome: 'refused' }
  | { outcome: 'blocked'; retryAfter: number };

export type SignIn = (email: string, password: string) => Promise<SignInResult>;

// The attempt counts as failed until it has succeeded, so that parallel guesses cannot overtake the count.
const TAKE_ATTEMPT = `
  INSERT INTO issuer_sign_in_failure AS known (subject, failures, blocked_until, updated_at)
  VALUES ($1, 1, '-infinity', now())
  ON CONFLICT (subject) DO UPDATE SET
    failures = CASE WHEN known.updated_at < now() - interval '${MEMORY}' THEN 1 ELSE known.failures + 1 END,
    blocked_until = CASE
      WHEN known.failures < ${FREE_FAILURES} OR known.updated_at < now() - interval '${MEMORY}' THEN '-infinity'
      ELSE now() + make_interval(secs => least(${LONGEST_WAIT_SECONDS}, ${FIRST_WAIT_SECONDS} * power(2, least(known.failures - ${FREE_FAILURES}, 10))))
    END,
    updated_at = now()
  WHERE known.blocked_until <= now()
  RETURNING failures`;

const WAIT_LEFT = `
  SELECT greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds
  FROM issuer_sign_in_failure WHERE subject = $1`;

/** `subjectKey`: of this realm alone, so that guesses at one count in no other. */
export function createSignIn(database: IssuerDatabase, realm: string, subjectKey: Buffer): SignIn {
  return async (email, password) => {
    const subject = createHmac('sha256', subjectKey).update(email.toLowerCase()).digest();
    const taken = await database.query(TAKE_ATTEMPT, [subject]);
    if (taken.length === 0) {
      const [wait] = await database.query<{ seconds: number }>(WAIT_LEFT, [subject]);
      return { outcome: 'blocked', retryAfter: wait?.seconds ?? 1 };
    }
    const user = email.includes('\0') ? undefined : await findForSignIn(database, realm, email);
    const matches = await verifyPassword(password.slice(0, LONGEST_PASSWORD), user?.passwordHash);
    if (!matches || !user || user.disabled) return { outcome: 'refused' };
    await database.query('DELETE FROM issuer_sign_in_failure WHERE subject = $1', [subject]);
    return { outcome: 'accepted', user };
  };
}

export async function forgetOldFailures(database: IssuerDatabase): Promise<void> {
  await database.query(`DELETE FROM issuer_sign_in_failure WHERE updated_at < now() - interval '${MEMORY}'`);
}
