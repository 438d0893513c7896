import type { Queryable } from '@plinth/database';
import { INHERENT, PUBLIC_FUNCTIONS } from './capabilities.ts';

// What a login without rights of its own can do in a cluster: asked of Postgres, because some revokes without a superuser
// silently do nothing.

export interface Hardening {
  /**
   * `full`: nothing that can be closed is open. `basic`: workspaces can disturb each other, in ways that reach no data.
   * `weak`: they can make objects outside their schemas, or get at other servers.
   */
  level: 'full' | 'basic' | 'weak';
  open: readonly { capability: string; tells: string }[];
  inherent: readonly string[];
}

interface Open {
  capability: string;
  tells: string;
}

const REACHES_BEYOND = new Set(['otherServers', 'temporaryTables', 'newSchemas', 'publicSchema', 'connect']);

const PLACES = `
  select * from (values
    ('connect', 'Every login of the server can connect to this database',
      has_database_privilege('public', current_database(), 'connect')),
    ('temporaryTables', 'A workspace can make temporary tables',
      has_database_privilege('public', current_database(), 'temporary')),
    ('newSchemas', 'A workspace can make schemas',
      has_database_privilege('public', current_database(), 'create')),
    ('publicSchema', 'A workspace can use the schema public',
      coalesce(has_schema_privilege('public', to_regnamespace('public'), 'usage')
        or has_schema_privilege('public', to_regnamespace('public'), 'create'), false)),
    ('otherDatabases', 'A workspace can connect to other databases of the server',
      exists (select from pg_database where datallowconn and datname <> current_database()
        and has_database_privilege('public', oid, 'connect')))
  ) as place (capability, tells, is_open) where is_open`;

const FUNCTIONS = PUBLIC_FUNCTIONS.map(
  ({ capability, sql }) => `select '${capability}' as capability where exists (
    select from pg_proc where (${sql}) and has_function_privilege('public', oid, 'execute'))`,
).join('\nunion all\n');

export async function probeCluster(admin: Queryable): Promise<Hardening> {
  const places = await admin.query<Open & Record<string, unknown>>(PLACES);
  const callable = await admin.query<{ capability: string }>(FUNCTIONS);
  const isCallable = new Set(callable.map(({ capability }) => capability));
  const open = [...places, ...PUBLIC_FUNCTIONS.filter(({ capability }) => isCallable.has(capability))].map(
    ({ capability, tells }) => ({ capability, tells }),
  );
  const isWeak = open.some(({ capability }) => REACHES_BEYOND.has(capability));
  return { level: isWeak ? 'weak' : open.length > 0 ? 'basic' : 'full', open, inherent: INHERENT };
}
