import type { Database, Queryable } from '@plinth/database';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { listOf } from '../ddl/identifier.ts';
import { loginName, type Place, roleName, type Standing } from './place.ts';
import { asOneOf, dropRoles } from './roles.ts';

// What a workspace is in its cluster: a schema, two logins and three roles. Each piece is made where it is missing and set right
// where it is there, so that whatever an earlier attempt came to is finished by the next.

const STANDINGS: readonly Standing[] = ['member', 'key', 'user'];
const LOGINS = ['api', 'owner'] as const;

/** Of all replicas together. */
const CONNECTIONS = { api: 60, owner: 10 };
const TIMEOUTS = { api: '30s', owner: '60s' };
const DROPPED_AT_ONCE = 50;

type Named = Pick<Place, 'schema'>;

const name = escapeIdentifier;
const loginsOf = (place: Named): string[] => LOGINS.map((login) => loginName(place, login));
const rolesOf = (place: Named): string[] => STANDINGS.map((standing) => roleName(place, standing));
const allOf = (place: Named): string[] => [...loginsOf(place), ...rolesOf(place)];

/** What people connect with by themselves: made by `credential/`, opened and closed with the workspace. */
async function directLogins(tx: Queryable, { schema }: Named): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    "select rolname as name from pg_roles where rolname ~ ('^' || $1::text || '_c[0-9a-z]{26}$')",
    [schema],
  );
  return rows.map((row) => row.name);
}

async function existing(tx: Queryable, names: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ name: string }>(
    'select rolname as name from pg_roles where rolname = any($1)',
    [names],
  );
  return new Set(rows.map((row) => row.name));
}

/** Of all who make, close or destroy it, one at a time does. */
export async function lockWorkspace(tx: Queryable, { schema }: Named): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`plinth:${schema}`]);
}

/** Changes of a database's own grants are one row of the catalogue, which two at once cannot write. */
export const lockDatabase = (tx: Queryable) =>
  tx.query("select pg_advisory_xact_lock(hashtextextended('plinth:database', 0))");

export async function makeWorkspace(
  tx: Queryable,
  place: Pick<Place, 'schema' | 'database'>,
  verifiers: Readonly<Record<(typeof LOGINS)[number], string>>,
): Promise<void> {
  const known = await existing(tx, allOf(place));
  const ensure = (role: string, options: string) =>
    `${known.has(role) ? 'alter' : 'create'} role ${name(role)} ${options}`;
  const [api, owner] = [loginName(place, 'api'), loginName(place, 'owner')];
  const schema = name(place.schema);
  const login = (which: 'api' | 'owner', inherits: 'inherit' | 'noinherit') =>
    ensure(
      loginName(place, which),
      `login ${inherits} connection limit ${CONNECTIONS[which]} password ${escapeLiteral(verifiers[which])}`,
    );
  await tx.query(
    [
      login('api', 'noinherit'),
      login('owner', 'inherit'),
      ...rolesOf(place).map((role) => ensure(role, 'nologin')),
      ...LOGINS.flatMap((which) => {
        const role = name(loginName(place, which));
        return [
          `alter role ${role} set search_path = ${schema}`,
          `alter role ${role} set statement_timeout = '${TIMEOUTS[which]}'`,
          `alter role ${role} set idle_in_transaction_session_timeout = '15s'`,
        ];
      }),
      `grant ${listOf(rolesOf(place))} to ${name(api)}`,
      ...(await directLogins(tx, place)).map((role) => `alter role ${name(role)} login`),
    ].join(';\n'),
  );
  const all = listOf(rolesOf(place));
  const trusted = listOf([roleName(place, 'member'), roleName(place, 'key')]);
  const byDefault = `alter default privileges for role ${name(owner)}`;
  await asOneOf(tx, [owner], () =>
    tx.query(
      [
        `create schema if not exists ${schema} authorization ${name(owner)}`,
        `grant usage on schema ${schema} to ${all}`,
        // End users have nothing of what is made elsewhere: it may have no row-level security.
        `${byDefault} in schema ${schema} grant select, insert, update, delete on tables to ${trusted}`,
        `${byDefault} in schema ${schema} grant usage on sequences to ${trusted}`,
        `${byDefault} in schema ${schema} grant execute on functions to ${trusted}`,
        // Only a default for all schemas can take from PUBLIC what it has by itself.
        `${byDefault} revoke execute on functions from public`,
      ].join(';\n'),
    ),
  );
  await lockDatabase(tx);
  await tx.query(`grant connect on database ${name(place.database)} to ${listOf([api, owner])}`);
}

/** Nobody comes in from now on; who is in is thrown out by `endSessions`, once this is committed. */
export async function closeWorkspace(tx: Queryable, place: Named): Promise<void> {
  const known = [...(await existing(tx, loginsOf(place))), ...(await directLogins(tx, place))];
  if (known.length === 0) return;
  await tx.query(known.map((role) => `alter role ${name(role)} nologin`).join(';\n'));
}

export const endSessions = (admin: Pick<Database, 'transaction'>, place: Named): Promise<void> =>
  admin.transaction(async (tx) => {
    await lockWorkspace(tx, place);
    const known = [...(await existing(tx, loginsOf(place))), ...(await directLogins(tx, place))];
    await asOneOf(tx, known, () =>
      tx.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = any($1)', [known]),
    );
  });

/** Gives up what a session of its owner runs; another's is left alone. */
export const cancelSession = (
  admin: Pick<Database, 'transaction'>,
  place: Named,
  pid: number,
): Promise<void> =>
  admin.transaction(async (tx) => {
    await lockWorkspace(tx, place);
    const owner = loginName(place, 'owner');
    await asOneOf(tx, [owner], () =>
      tx.query('select pg_cancel_backend(pid) from pg_stat_activity where pid = $1 and usename = $2', [
        pid,
        owner,
      ]),
    );
  });

/** The schemas of closed workspaces that somebody is in all the same: who was just let in when it was closed is not seen at once. */
export async function enteredThoughClosed(admin: Queryable): Promise<string[]> {
  const rows = await admin.query<{ schema: string }>(
    `select distinct substring(r.rolname from '^(ws_[0-9a-z]{26})_') as schema
     from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
     where not r.rolcanlogin and r.rolname ~ '^ws_[0-9a-z]{26}_'`,
  );
  return rows.map(({ schema }) => schema);
}

/** Destroys what a closed workspace holds, some tables at a time: each is a lock, and the server has only so many. */
export async function dropWorkspace(
  admin: Pick<Database, 'transaction'>,
  place: Pick<Place, 'schema' | 'database'>,
): Promise<void> {
  const owner = loginName(place, 'owner');
  for (let dropped = DROPPED_AT_ONCE; dropped === DROPPED_AT_ONCE; ) {
    dropped = await admin.transaction(async (tx) => {
      await lockWorkspace(tx, place);
      const known = await existing(tx, [owner]);
      const tables = await tx.query<{ name: string }>(
        `select relname as name from pg_class
         where relnamespace = to_regnamespace($1) and relkind in ('r', 'p') order by oid limit $2`,
        [name(place.schema), DROPPED_AT_ONCE],
      );
      if (tables.length === 0) return 0;
      const qualified = tables.map((table) => `${name(place.schema)}.${name(table.name)}`);
      await asOneOf(tx, [...known], () => tx.query(`drop table if exists ${qualified.join(', ')} cascade`));
      return tables.length;
    });
  }
  await admin.transaction(async (tx) => {
    await lockWorkspace(tx, place);
    await lockDatabase(tx);
    const known = [...(await existing(tx, allOf(place))), ...(await directLogins(tx, place))];
    if (known.length === 0) return;
    await dropRoles(
      tx,
      known.toSorted((a, b) => Number(b === owner) - Number(a === owner)),
    );
    for (const kept of ['change', 'migration', 'request']) {
      await tx.query(`delete from plinth.${kept} where schema_name = $1`, [place.schema]);
    }
  });
}
