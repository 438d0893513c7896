import { AppError } from '@plinth/contracts';
import type { Place } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import type { TableIndex } from './index.schema.ts';

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
    'definition', pg_catalog.pg_get_indexdef(i.indexrelid)
  ) order by x.oid), '[]')::text
  from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam
    join pg_catalog.pg_class c on c.oid = i.indrelid
  where c.relnamespace = pg_catalog.to_regnamespace($1) and c.relname = $2`;

export function indexRepo(run: Run, place: Place) {
  async function list(table: string): Promise<TableIndex[]> {
    const [[body] = []] = await run({ text: LIST, values: [place.schema, table] });
    return JSON.parse(body ?? '[]');
  }

  return {
    list,
    async get(table: string, name: string): Promise<TableIndex> {
      const found = (await list(table)).find((one) => one.name === name);
      if (found) return found;
      throw new AppError('INDEX_NOT_FOUND', {
        message: `The table ${table} has no index ${name}`,
        details: { table, index: name },
      });
    },
  };
}
