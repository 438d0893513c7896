import { AppError } from '@plinth/contracts';
import type { Place } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import type { EnumType } from './type.schema.ts';

const LIST = `
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', t.typname,
    'values', (select coalesce(pg_catalog.json_agg(e.enumlabel order by e.enumsortorder), '[]')
      from pg_catalog.pg_enum e where e.enumtypid = t.oid)
  ) order by t.typname), '[]')::text
  from pg_catalog.pg_type t
  where t.typnamespace = pg_catalog.to_regnamespace($1) and t.typtype = 'e'`;

export function typeRepo(run: Run, place: Place) {
  async function list(): Promise<EnumType[]> {
    const [[body] = []] = await run({ text: LIST, values: [place.schema] });
    return JSON.parse(body ?? '[]');
  }

  return {
    list,
    async get(name: string): Promise<EnumType> {
      const found = (await list()).find((one) => one.name === name);
      if (found) return found;
      throw new AppError('TYPE_NOT_FOUND', { message: `There is no type ${name}`, details: { type: name } });
    },
  };
}
