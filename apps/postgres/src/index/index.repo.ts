import { AppError } from '@plinth/contracts';
import { inSchema } from '../ddl/identifier.ts';
import type { Place } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import type { TableIndex } from './index.schema.ts';

/** Where nobody was left to say why. */
const INTERRUPTED = 'The build was interrupted';
/** Up to here an index is made in less time than anybody who writes would notice. */
const SMALL_BYTES = 1024 * 1024;

const LIST = `
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', x.relname,
    'method', m.amname,
    'unique', i.indisunique,
    'primary', i.indisprimary,
    'constraint', exists (select from pg_catalog.pg_constraint con where con.conindid = i.indexrelid and con.conrelid = i.indrelid),
    'columns', (select pg_catalog.json_agg(
        coalesce(a.attname::text, pg_catalog.pg_get_indexdef(i.indexrelid, k::integer, true)) order by k)
      from pg_catalog.generate_series(1, i.indnkeyatts) k
        left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1] and a.attnum > 0),
    'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
    'state', case when i.indisvalid then 'ready' when b.pid is not null then 'building' else 'failed' end,
    'progress', case when not i.indisvalid and b.pid is not null then pg_catalog.json_build_object('phase', b.phase, 'percent',
      case when b.tuples_total > 0 then 100 * b.tuples_done / b.tuples_total
        when b.blocks_total > 0 then 100 * b.blocks_done / b.blocks_total end) end,
    'reason', case when not i.indisvalid and b.pid is null
      then coalesce(pg_catalog.obj_description(x.oid, 'pg_class'), '${INTERRUPTED}') end
  ) order by x.oid), '[]')::text
  from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam
    join pg_catalog.pg_class c on c.oid = i.indrelid
    left join pg_catalog.pg_stat_progress_create_index b
      on b.index_relid = x.oid and b.datname = pg_catalog.current_database()
  where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2`;

const BUILDER = `
  select b.pid::text from pg_catalog.pg_stat_progress_create_index b
  where b.datname = pg_catalog.current_database() and b.index_relid = pg_catalog.to_regclass($1)`;

/** With what lies beside its rows, for that is read too. */
const SIZE = `
  select pg_catalog.pg_table_size(c.oid)::text from pg_catalog.pg_class c
  where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2 and c.relkind = 'r'`;

export const indexNotFound = (table: string, name: string): AppError =>
  new AppError('INDEX_NOT_FOUND', {
    message: `The table ${table} has no index ${name}`,
    details: { table, index: name },
  });

export function indexRepo(run: Run, place: Place) {
  async function read(table: string): Promise<TableIndex[]> {
    const [[body] = []] = await run({ text: LIST, values: [place.schema, table] });
    return JSON.parse(body ?? '[]');
  }

  /** Of one that becomes ready just now, the catalogue is seen before and its builder after: the next look tells. */
  async function list(table: string): Promise<TableIndex[]> {
    const found = await read(table);
    return found.some(({ state }) => state === 'failed') ? read(table) : found;
  }

  const find = async (table: string, name: string): Promise<TableIndex | undefined> =>
    (await list(table)).find((one) => one.name === name);

  return {
    list,
    find,
    /** The session that builds it. */
    async builderOf(name: string): Promise<number | undefined> {
      const [[pid] = []] = await run({ text: BUILDER, values: [inSchema(place.schema, name)] });
      return pid === undefined ? undefined : Number(pid);
    },
    async isLarge(table: string): Promise<boolean> {
      const [[size] = []] = await run({ text: SIZE, values: [place.schema, table] });
      return Number(size ?? 0) > SMALL_BYTES;
    },
    async get(table: string, name: string): Promise<TableIndex> {
      const found = await find(table, name);
      if (found) return found;
      throw indexNotFound(table, name);
    },
  };
}
