// Which migrations a workspace has had, kept where they took effect and in their transaction. The owner alone adds to it, and each
// sees its own.

export const MIGRATION_RECORDS = `
  create table if not exists plinth.migration (
    schema_name text not null,
    version text collate "C" not null,
    name text,
    hash text not null,
    applied_by text not null,
    applied_at timestamptz not null default now(),
    primary key (schema_name, version)
  );
  create or replace function plinth.migrations()
  returns table (version text, name text, hash text, applied_by text, applied_at timestamptz)
  language sql stable security definer set search_path = pg_catalog as $$
    select m.version, m.name, m.hash, m.applied_by, m.applied_at from plinth.migration m
    where m.schema_name = plinth.own_schema('owner') order by m.version;
  $$;
  create or replace function plinth.record_migration(version text, name text, hash text, applied_by text) returns void
  language sql security definer set search_path = pg_catalog as $$
    insert into plinth.migration (schema_name, version, name, hash, applied_by)
    values (plinth.own_schema('owner'), $1, $2, $3, $4);
  $$;`;
