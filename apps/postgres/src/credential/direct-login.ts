import { randomBytes } from 'node:crypto';
import { AppError } from '@plinth/contracts';
import type { Database } from '@plinth/database';
import { escapeIdentifier as name, escapeLiteral } from 'pg';
import { scramVerifier } from '../placement/password.ts';
import { loginName, type Place, roleName } from '../placement/place.ts';
import { lockDatabase, lockWorkspace } from '../placement/provision.ts';
import { asOneOf, dropRoles } from '../placement/roles.ts';
import type { Access } from './credential.schema.ts';

// A login that somebody connects with directly. It has no rights of its own: each session begins as the role that it stands for,
// and leaving that role leaves it with nothing. So what it makes is the owner's, whoever made it.

const CONNECTIONS = 5;

const standsFor = (place: Place, access: Access): string =>
  access === 'schema' ? loginName(place, 'owner') : roleName(place, 'member');

type Admin = Pick<Database, 'transaction'>;

/** What is there of an earlier attempt is set right. */
export function putLogin(
  admin: Admin,
  place: Place,
  { username, access, password }: { username: string; access: Access; password: string },
): Promise<void> {
  const verifier = scramVerifier(password, randomBytes(16));
  const role = name(username);
  const standing = name(standsFor(place, access));
  return admin.transaction(async (tx) => {
    await lockWorkspace(tx, place);
    const [owner] = await tx.query<{ isOpen: boolean }>(
      'select rolcanlogin as "isOpen" from pg_roles where rolname = $1',
      [loginName(place, 'owner')],
    );
    if (!owner) throw new AppError('WORKSPACE_NOT_FOUND');
    // Of a workspace that was closed meanwhile, it opens with the others.
    const login = owner.isOpen ? 'login' : 'nologin';
    const known = await tx.query('select from pg_roles where rolname = $1', [username]);
    await tx.query(
      [
        `${known.length > 0 ? 'alter' : 'create'} role ${role} ${login} noinherit connection limit ${CONNECTIONS} password ${escapeLiteral(verifier)}`,
        `grant ${standing} to ${role}`,
        `alter role ${role} set role = ${standing}`,
        `alter role ${role} set search_path = ${name(place.schema)}`,
        `alter role ${role} set idle_in_transaction_session_timeout = '60s'`,
      ].join(';\n'),
    );
    await lockDatabase(tx);
    await tx.query(`grant connect on database ${name(place.database)} to ${role}`);
  });
}

/** Who is in with the password of before is thrown out. */
export const endLogin = (admin: Admin, username: string): Promise<void> =>
  admin.transaction(async (tx) => {
    await asOneOf(tx, [username], () =>
      tx.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [username]),
    );
  });

export async function dropLogin(admin: Admin, place: Pick<Place, 'schema'>, username: string): Promise<void> {
  const isThere = await admin.transaction(async (tx) => {
    await lockWorkspace(tx, place);
    const known = await tx.query('select from pg_roles where rolname = $1', [username]);
    if (known.length > 0) await tx.query(`alter role ${name(username)} nologin`);
    return known.length > 0;
  });
  if (!isThere) return;
  await endLogin(admin, username);
  await admin.transaction(async (tx) => {
    await lockWorkspace(tx, place);
    const left = await tx.query('select from pg_roles where rolname = $1', [username]);
    if (left.length === 0) return;
    await lockDatabase(tx);
    // What it made by itself, outside the role that it stands for, is not lost with it.
    const owner = loginName(place, 'owner');
    await asOneOf(tx, [username, owner], () =>
      tx.query(`reassign owned by ${name(username)} to ${name(owner)}`),
    );
    await dropRoles(tx, [username]);
  });
}
