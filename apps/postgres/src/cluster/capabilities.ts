// What Postgres lets every login do, and a tenant's should not. `sql` picks the functions of `pg_proc`.

export const PUBLIC_FUNCTIONS = [
  {
    capability: 'advisoryLocks',
    tells: 'A workspace can take advisory locks, which are seen by all others of its database',
    sql: "pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_(try_)?advisory_'",
  },
  {
    capability: 'largeObjects',
    tells: 'A workspace can make large objects, which lie in no schema',
    sql: "pronamespace = 'pg_catalog'::regnamespace and proname ~ '^lo(_|read$|write$)'",
  },
  {
    capability: 'notify',
    tells: 'A workspace can call pg_notify',
    sql: "pronamespace = 'pg_catalog'::regnamespace and proname = 'pg_notify'",
  },
  {
    capability: 'sleep',
    tells: 'A workspace can sleep until its statement times out',
    sql: "pronamespace = 'pg_catalog'::regnamespace and proname ~ '^pg_sleep'",
  },
  {
    capability: 'signals',
    tells: 'A workspace can end its own other sessions',
    sql: "pronamespace = 'pg_catalog'::regnamespace and proname in ('pg_terminate_backend', 'pg_cancel_backend')",
  },
  {
    capability: 'walMessages',
    tells: 'A workspace can write into the log of the server without changing data',
    sql: "pronamespace = 'pg_catalog'::regnamespace and proname = 'pg_logical_emit_message'",
  },
  {
    capability: 'otherServers',
    tells: 'A workspace can connect to other servers from within the database',
    sql: "proname ~ '^dblink' and proname <> 'dblink_fdw_validator'",
  },
] as const;

/** What no revoke takes away, as long as tenants have functions of their own. The API gives no way to write such a statement. */
export const INHERENT = [
  'A function of a workspace can LISTEN and NOTIFY',
  'A function of a workspace can run code in DO blocks',
  'A login of a workspace can read the names of all schemas, tables and roles in the catalogs',
] as const;
