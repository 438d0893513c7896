import { EXISTS_VIEWS } from '../policy/policy.repo.ts';
import { BITS_PER_STANDING, STANDINGS, TABLE_RIGHTS } from './rights.ts';

// One question to the catalogue for all that a workspace holds. The catalogue has no index by schema, but what depends on a
// schema is indexed: so it costs what the workspace holds, however many others share the database. Parameters: the schema,
// then the roles of its standings.

const bits = (granted: (right: string, role: string) => string, rights: readonly string[]): string =>
  STANDINGS.flatMap((_, standing) =>
    rights.map((right, bit) => {
      const worth = 1 << (standing * BITS_PER_STANDING + bit);
      return `case when ${granted(right, `roles.r${standing}`)} then ${worth} else 0 end`;
    }),
  ).join(' + ');

const COLUMN_RIGHTS = TABLE_RIGHTS.filter((right) => right !== 'delete');
const onTable = bits((right, role) => `has_table_privilege(${role}, c.oid, '${right}')`, TABLE_RIGHTS);
const onColumn = bits(
  (right, role) => `has_column_privilege(${role}, c.oid, a.attnum, '${right}')`,
  COLUMN_RIGHTS,
);
const onFunction = bits((right, role) => `has_function_privilege(${role}, p.oid, '${right}')`, ['execute']);

const ALL = (1 << (STANDINGS.length * BITS_PER_STANDING)) - 1;
const reached = STANDINGS.map(
  (_, standing) =>
    `case when p.polroles && array[0::oid, roles.r${standing}] then ${1 << (standing * BITS_PER_STANDING)} else 0 end`,
).join(' + ');
const allowed = `case when not c.relrowsecurity then ${ALL} else coalesce((
      select bit_or(case p.polcmd when 'r' then 1 when 'a' then 2 when 'w' then 4 when 'd' then 8 else 15 end * (${reached}))
      from pg_policy p where p.polrelid = c.oid and p.polpermissive), 0) end`;

const roleOids = STANDINGS.map(
  (_, index) => `(select oid from pg_roles where rolname = $${index + 2}) as r${index}`,
).join(', ');

const keys = (columns: string): string => `(
  select json_agg(a.attname order by k.at)
  from unnest(${columns}) with ordinality as k (attnum, at)
  join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum)`;

const HELD = `held as materialized (
  select d.classid, d.objid
  from pg_namespace n
  join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid
  where n.nspname = $1 and d.classid in ('pg_class'::regclass, 'pg_proc'::regclass))`;

/** The transactions that wrote rows of the catalogue, as one number: another, if one of the rows is, or is gone, or is new. */
const writtenBy = (row: string, id: string): string =>
  `select bit_xor(hashint8extended(${row}.xmin::text::int8, ${id}))`;

/** Another where a table, a column, a foreign key or a function came or went, was renamed, or is for others than it was. */
const VERSION = `concat_ws(' ',
  (select n.oid from pg_namespace n where n.nspname = $1),
  (${writtenBy('c', 'c.oid::int8')} from held join pg_class c on c.oid = held.objid
    where held.classid = 'pg_class'::regclass),
  (${writtenBy('a', 'a.attrelid::int8 * 2048 + a.attnum')} from held join pg_attribute a on a.attrelid = held.objid
    where held.classid = 'pg_class'::regclass and a.attnum > 0),
  (${writtenBy('f', 'f.oid::int8')} from held join pg_constraint f on f.conrelid = held.objid
    where held.classid = 'pg_class'::regclass and f.contype = 'f'),
  (${writtenBy('p', 'p.oid::int8')} from held join pg_proc p on p.oid = held.objid
    where held.classid = 'pg_proc'::regclass))`;

/** The version alone: a small part of the work. Parameter: the schema. */
export const VERSION_OF = `with ${HELD} select ${VERSION}`;

export const INTROSPECTION = `
with recursive
roles as materialized (select ${roleOids}),
${HELD},
relations as materialized (
  select c.* from held join pg_class c on c.oid = held.objid
  where held.classid = 'pg_class'::regclass and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    and not (c.relkind = 'v' and starts_with(c.relname, '${EXISTS_VIEWS}'))),
attributes as materialized (
  select a.*, c.oid as relation from relations c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
resolved (oid, base) as (
  select distinct atttypid, atttypid from attributes
  union all
  select r.oid, case t.typtype when 'd' then t.typbasetype else t.typelem end
  from resolved r join pg_type t on t.oid = r.base
  where t.typtype = 'd' or (t.typcategory = 'A' and t.typelem <> 0)),
types as (
  select r.oid, json_build_object(
    'category', o.typcategory,
    'isRequired', o.typnotnull,
    'base', format_type(t.oid, null),
    'values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
  ) as described
  from resolved r
  join pg_type o on o.oid = r.oid
  join pg_type t on t.oid = r.base
  where t.typtype <> 'd' and not (t.typcategory = 'A' and t.typelem <> 0)),
tables as (
  select json_build_object(
    'oid', c.oid::int8, 'name', c.relname, 'kind', c.relkind,
    'comment', obj_description(c.oid, 'pg_class'),
    'writable', pg_relation_is_updatable(c.oid, true),
    'rowSecurity', c.relrowsecurity,
    'separatePolicies', c.relrowsecurity and exists (
      select from pg_policy p where p.polrelid = c.oid and p.polcmd in ('w', 'd')),
    'allowed', ${allowed},
    'rights', ${onTable},
    'columns', (
      select json_agg(json_build_object(
        'name', a.attname, 'position', a.attnum, 'typeId', a.atttypid::int8,
        'type', format_type(a.atttypid, a.atttypmod),
        'isRequired', a.attnotnull, 'hasDefault', a.atthasdef,
        'default', (
          select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
          where d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated = ''),
        'generated', a.attgenerated, 'identity', a.attidentity,
        'comment', col_description(c.oid, a.attnum),
        'rights', case when a.attacl is null then null else ${onColumn} end
      ) order by a.attnum)
      from attributes a where a.relation = c.oid),
    'checks', (
      select json_agg(json_build_object('position', k.conkey[1], 'sql', pg_get_expr(k.conbin, k.conrelid)) order by k.oid)
      from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c' and k.convalidated and cardinality(k.conkey) = 1),
    'uniqueKeys', (
      select json_agg(json_build_object('isPrimary', i.indisprimary, 'columns',
        ${keys('(i.indkey::int2[])[0:i.indnkeyatts - 1]')}) order by not i.indisprimary, i.indexrelid)
      from pg_index i
      where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indisvalid and i.indpred is null
        and i.indexprs is null),
    'foreignKeys', (
      select json_agg(json_build_object(
        'name', f.conname, 'columns', ${keys('f.conkey')}, 'referencedTable', target.relname,
        'referencedColumns', (
          select json_agg(a.attname order by k.at)
          from unnest(f.confkey) with ordinality as k (attnum, at)
          join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum)
      ) order by f.conname)
      from pg_constraint f join relations target on target.oid = f.confrelid
      where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0)
  ) as described
  from relations c, roles),
functions as (
  select json_build_object(
    'name', p.proname, 'comment', obj_description(p.oid, 'pg_proc'), 'volatility', p.provolatile,
    'defaults', p.pronargdefaults, 'isSet', p.proretset, 'returns', format_type(p.prorettype, null),
    'isComposite', t.typtype = 'c',
    'table', (select c.relname from relations c where c.oid = t.typrelid),
    'rights', ${onFunction},
    'parameters', (
      select json_agg(json_build_object(
        'name', coalesce(p.proargnames[a.at], ''), 'type', format_type(a.type, null),
        'mode', coalesce(p.proargmodes[a.at], 'i')) order by a.at)
      from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a (type, at))
  ) as described
  from held
  join pg_proc p on p.oid = held.objid
  join pg_type t on t.oid = p.prorettype
  cross join roles
  where held.classid = 'pg_proc'::regclass and p.prokind = 'f'
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype))
select json_build_object(
  'exists', exists (select from pg_namespace where nspname = $1),
  'version', ${VERSION},
  'types', (select json_object_agg(oid, described) from types),
  'tables', (select json_agg(described) from tables),
  'functions', (select json_agg(described) from functions),
  'textSearchConfigs', (
    select json_agg(cfgname) from pg_ts_config where cfgnamespace = 'pg_catalog'::regnamespace)
)::text`;

/** Names of types are written as they are seen from nowhere: with their schema, unless they are Postgres' own. Nor is it worth compiling. */
export const SEEN_FROM_NOWHERE = `select pg_catalog.num_nulls(
  pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('jit', 'off', true))`;
