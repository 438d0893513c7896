import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { MasterKey } from '@plinth/passport';
import { type Login, loginName, type Place } from './place.ts';

// The password of a login is never stored: it derives from the master key, and Postgres is given what it checks it by.

/** Nothing where the version is no longer among the master key's. */
export function passwordOf(
  masterKey: MasterKey,
  place: Pick<Place, 'schema' | 'passwordVersion'>,
  login: Login,
): string | undefined {
  const index = masterKey.versions.indexOf(place.passwordVersion);
  return masterKey.derive(`postgres login ${loginName(place, login)}`)[index]?.toString('base64url');
}

/** 256 random bits need no stretching, and each round would be paid again at every connection. */
const ITERATIONS = 1;

/** As `pg_authid` keeps it (RFC 5802): the password itself is in no statement and no log. */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const server = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
