import { AppError } from '@plinth/contracts';
import { type Place, roleName } from '../placement/place.ts';
import type { Run } from '../query/login-pools.ts';
import { BUILT_IN_POLICIES } from '../table/table.repo.ts';
import type { Policy } from './policy.schema.ts';

const LIST = `
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', p.polname,
    'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    'to', (select coalesce(pg_catalog.json_agg(coalesce(r.rolname::text, 'everybody') order by r.oid), '[]')
      from pg_catalog.unnest(p.polroles) as role (oid) left join pg_catalog.pg_roles r on r.oid = role.oid),
    'restrictive', not p.polpermissive,
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
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
