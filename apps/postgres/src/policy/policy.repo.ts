import { AppError } from '@plinth/contracts';
import { type Place, roleName, type Standing } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import { BUILT_IN_POLICIES } from '../table/table.repo.ts';
import type { Policy } from './policy.schema.ts';

/** What policies that look into other tables ask. */
export const EXISTS_VIEWS = 'plinth_exists_';

const PARTS = `
  pg_catalog.pg_depend d join pg_catalog.pg_class part on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and part.oid = d.refobjid`;
const OF_POLICY =
  "d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid and part.oid <> p.polrelid";

/** Itself, or by the view that it asks. */
const LOOKS_INTO = `
  select coalesce(pg_catalog.json_agg(distinct found.name), '[]') from (
    select part.relname::text as name from ${PARTS} where ${OF_POLICY} and part.relkind <> 'v'
    union all
    select part.relname::text from pg_catalog.pg_rewrite r, ${PARTS}
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid and part.oid <> r.ev_class
      and r.ev_class in (select part.oid from ${PARTS} where ${OF_POLICY} and part.relkind = 'v')
  ) found (name)`;

const VIEWS = `
  select coalesce(pg_catalog.json_agg(distinct pg_catalog.jsonb_build_object('policy', p.polname, 'view', part.relname)), '[]')::text
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid, ${PARTS}
  where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2 and ${OF_POLICY}
    and part.relkind = 'v' and pg_catalog.starts_with(part.relname::text, '${EXISTS_VIEWS}')`;

/** Whether policies about these roles come back to the table that they began with. */
const ENDLESS = `
  with recursive looks (source, target) as (
    select p.polrelid, part.oid from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid, ${PARTS}
    where c.relnamespace = pg_catalog.to_regnamespace($1) and ${OF_POLICY}
      and p.polroles && (select pg_catalog.array_agg(oid) || 0::oid from pg_catalog.pg_roles where rolname = any($3::text[]))
  ), reached (target) as (
    select looks.target from looks join pg_catalog.pg_class c on c.oid = looks.source
    where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2
    union
    select looks.target from reached join looks on looks.source = reached.target
  )
  select count(*)::text from reached join pg_catalog.pg_class c on c.oid = reached.target
  where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2`;

const LIST = `
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', p.polname,
    'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    'to', (select coalesce(pg_catalog.json_agg(coalesce(r.rolname::text, 'everybody') order by r.oid), '[]')
      from pg_catalog.unnest(p.polroles) as role (oid) left join pg_catalog.pg_roles r on r.oid = role.oid),
    'restrictive', not p.polpermissive,
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
    'looksInto', (${LOOKS_INTO}),
    'builtIn', pg_catalog.starts_with(p.polname::text, $3)
  ) order by p.oid), '[]')::text
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
  where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2`;

export function policyRepo(run: Run, place: Place) {
  const standings = new Map(
    (['member', 'key', 'user'] as const).map((standing) => [roleName(place, standing), standing] as const),
  );

  async function list(table: string): Promise<Policy[]> {
    const [[body] = []] = await run({ text: LIST, values: [place.schema, table, BUILT_IN_POLICIES] });
    const found: Policy[] = JSON.parse(body ?? '[]');
    return found.map((one) => ({ ...one, to: one.to.map((role) => standings.get(role) ?? role) }));
  }

  return {
    list,

    /** Which views the policies of a table ask. */
    async views(table: string): Promise<{ policy: string; view: string }[]> {
      const [[body] = []] = await run({ text: VIEWS, values: [place.schema, table] });
      return JSON.parse(body ?? '[]');
    },

    async isEndless(table: string, to: readonly Standing[]): Promise<boolean> {
      const roles = `{${to.map((standing) => roleName(place, standing)).join(',')}}`;
      const [[count] = []] = await run({ text: ENDLESS, values: [place.schema, table, roles] });
      return count !== '0';
    },

    async get(table: string, name: string): Promise<Policy> {
      const found = (await list(table)).find((one) => one.name === name);
      if (found) return found;
      throw new AppError('POLICY_NOT_FOUND', {
        message: `The table ${table} has no policy ${name}`,
        details: { table, policy: name },
      });
    },
  };
}
