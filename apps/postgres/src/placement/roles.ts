import type { Queryable } from '@plinth/database';
import { listOf, quoted } from '../ddl/identifier.ts';

// Roles of the server, as its admin acts for them and takes them away.

/**
 * A superuser may do everything already; anybody else has to belong to the roles that it acts for, and only for so long: every
 * statement of somebody who belongs to thousands of roles has to look at all of them.
 */
export async function asOneOf<T>(
  tx: Queryable,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const [self] = await tx.query<{ isSuperuser: boolean }>(
    'select rolsuper as "isSuperuser" from pg_roles where rolname = current_user',
  );
  if (self?.isSuperuser || roles.length === 0) return work();
  await tx.query(`grant ${listOf(roles)} to current_user`);
  const result = await work();
  await tx.query(`revoke ${listOf(roles)} from current_user`);
  return result;
}

/** The owners of what grants something to one of the roles, or has a policy about it. */
const GIVERS = `
  with naming as (
    select d.dbid, d.classid, d.objid from pg_shdepend d join pg_roles r on r.oid = d.refobjid
    where d.refclassid = 'pg_authid'::regclass and d.deptype in ('a', 'r') and r.rolname = any($1)
  )
  select r.rolname as name from pg_roles r
  where r.rolname ~ '^ws_[0-9a-z]{26}_' and r.rolname <> all($1) and r.oid in (
    select owner.refobjid from naming join pg_shdepend owner using (dbid, classid, objid)
    where owner.refclassid = 'pg_authid'::regclass and owner.deptype = 'o'
    union all
    select c.relowner from naming join pg_policy p on p.oid = naming.objid join pg_class c on c.oid = p.polrelid
    where naming.classid = 'pg_policy'::regclass)`;

/**
 * With all that they own. A role stays for as long as anything names it; what was given to it only those can take back who gave it,
 * another workspace perhaps, so whoever drops it acts for them as well.
 */
export async function dropRoles(tx: Queryable, roles: readonly string[]): Promise<void> {
  const givers = await tx.query<{ name: string }>(GIVERS, [roles]);
  await asOneOf(tx, [...roles, ...givers.map(({ name }) => name)], () =>
    // One by one: of several at once Postgres looks twice for what two of them share.
    tx.query(roles.map((role) => `drop owned by ${quoted(role)} cascade`).join(';\n')),
  );
  await tx.query(`drop role ${listOf(roles)}`);
}
