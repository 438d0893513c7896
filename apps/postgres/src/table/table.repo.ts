import { AppError } from '@plinth/contracts';
import type { Slice } from '@plinth/database';
import { type Place, roleName } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import { HIDABLE } from './column.schema.ts';
import type { Table } from './table.schema.ts';

// Tables as the catalogues of Postgres tell them: nothing of them is kept anywhere else.

type TableRow = Table & { id: string };

/** Lets a standing see all rows, whatever other policies say. */
export const builtInPolicy = (standing: string): string => `plinth_all_${standing}`;
export const BUILT_IN_POLICIES = 'plinth_';

const action = (
  letter: string,
) => `case ${letter} when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'setNull'
  when 'd' then 'setDefault' else 'noAction' end`;

const REFERENCE = `
  select pg_catalog.json_build_object('table', other.relname, 'column', far.attname, 'onDelete', ${action('con.confdeltype')})
  from pg_catalog.pg_constraint con
    join pg_catalog.pg_class other on other.oid = con.confrelid
    join pg_catalog.pg_attribute far on far.attrelid = con.confrelid and far.attnum = con.confkey[1]
  where con.conrelid = c.oid and con.contype = 'f' and con.conkey = array[a.attnum]
  order by con.oid limit 1`;

const hasIndex = (condition: string) => `exists (
  select from pg_catalog.pg_index i where i.indrelid = c.oid and a.attnum = any(i.indkey::int2[]) and ${condition})`;

/** $1 the schema, $3 and $4 the names of the roles in the order of HIDABLE. */
const hiddenFrom = HIDABLE.map(
  (standing, index) =>
    `case when not pg_catalog.has_column_privilege($${index + 3}::text, c.oid, a.attnum, 'select') then '${standing}' end`,
).join(', ');

const COLUMNS = `
  select pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', a.attname,
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'nullable', not a.attnotnull,
    'default', (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d
      where d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated = ''),
    'generated', (select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d
      where d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated <> ''),
    'primaryKey', ${hasIndex('i.indisprimary')},
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'byDefault' end,
    'unique', ${hasIndex('i.indisunique and not i.indisprimary and i.indnkeyatts = 1 and i.indpred is null')},
    'references', (${REFERENCE}),
    'comment', pg_catalog.col_description(c.oid, a.attnum),
    'hiddenFrom', pg_catalog.to_json(pg_catalog.array_remove(array[${hiddenFrom}], null))
  ) order by a.attnum)
  from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

const names = (relation: string, numbers: string) => `(
  select coalesce(pg_catalog.json_agg(a.attname order by k.at), '[]')
  from pg_catalog.unnest(${numbers}) with ordinality as k (attnum, at)
    join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum)`;

const CONSTRAINTS = `
  select pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', con.conname,
    'kind', case con.contype when 'c' then 'check' when 'u' then 'unique' when 'f' then 'foreignKey'
      when 'p' then 'primaryKey' else 'exclusion' end,
    'columns', ${names('con.conrelid', 'con.conkey')},
    'references', case con.contype when 'f' then pg_catalog.json_build_object(
      'table', (select other.relname from pg_catalog.pg_class other where other.oid = con.confrelid),
      'columns', ${names('con.confrelid', 'con.confkey')},
      'onDelete', ${action('con.confdeltype')}, 'onUpdate', ${action('con.confupdtype')}) end,
    'definition', pg_catalog.pg_get_constraintdef(con.oid),
    'validated', con.convalidated
  ) order by con.oid)
  from pg_catalog.pg_constraint con where con.conrelid = c.oid and con.contype in ('c', 'u', 'f', 'p', 'x')`;

const POLICIES_FOR = HIDABLE.map(
  (standing) => `case when not exists (select from pg_catalog.pg_policy p
    where p.polrelid = c.oid and p.polname = '${builtInPolicy(standing)}') then '${standing}' end`,
).join(', ');

/** $2 an id or a name. */
const tables = (condition: string, limit: string) =>
  `
  select pg_catalog.coalesce(pg_catalog.json_agg(t.described order by t.oid desc), '[]')::text from (
    select c.oid, pg_catalog.json_build_object(
      'id', c.oid::text,
      'name', c.relname,
      'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
      'columns', coalesce((${COLUMNS}), '[]'),
      'constraints', coalesce((${CONSTRAINTS}), '[]'),
      'policiesFor', pg_catalog.to_json(pg_catalog.array_remove(array[${POLICIES_FOR}], null))
    ) as described
    from pg_catalog.pg_class c
    where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relkind in ('r', 'p') and ${condition}
    order by c.oid desc limit ${limit}
  ) t`.replace('pg_catalog.coalesce', 'coalesce');

const LIST = tables('($2::oid is null or c.oid < $2::oid)', '$5::integer');
const FIND = tables('c.relname = $2', '1');

export function tableRepo(run: Run, place: Place) {
  const roles = HIDABLE.map((standing) => roleName(place, standing));

  async function read(text: string, ...values: (string | null)[]): Promise<TableRow[]> {
    const [[body] = []] = await run({ text, values: [place.schema, ...values] });
    return JSON.parse(body ?? '[]');
  }

  async function find(name: string): Promise<Table | undefined> {
    const [found] = await read(FIND, name, ...roles);
    if (!found) return undefined;
    const { id: _, ...table } = found;
    return table;
  }

  return {
    list: ({ beforeId, limit }: Slice) => read(LIST, beforeId ?? null, ...roles, String(limit)),

    find,

    async get(name: string): Promise<Table> {
      const found = await find(name);
      if (found) return found;
      throw new AppError('TABLE_NOT_FOUND', {
        message: `There is no table ${name}`,
        details: { table: name },
      });
    },
  };
}
