// A change of a workspace's schema: one at a time, once under its id, and told to those who keep the schema in memory when it is
// committed. The owner asks for all three by one function, for a workspace has neither locks nor a voice of its own. An index that
// is built beside the work of others is no such change: it is held by its session, one of each workspace, for as long as that is at it.

/** Where the name of a schema is told that is not what it was. */
export const SCHEMA_CHANNEL = 'plinth_schema';

export const CHANGES = `
  create table if not exists plinth.change (
    schema_name text not null,
    id text not null,
    made_at timestamptz not null default now(),
    primary key (schema_name, id)
  );
  create or replace function plinth.begin_change(change_id text) returns boolean
  language plpgsql security definer set search_path = pg_catalog as $$
  declare
    own text := plinth.own_schema('owner');
  begin
    perform pg_advisory_xact_lock(hashtextextended('plinth:schema:' || own, 0));
    perform pg_notify('${SCHEMA_CHANNEL}', own);
    delete from plinth.change c where c.schema_name = own and c.made_at < now() - interval '2 days';
    insert into plinth.change (schema_name, id) values (own, change_id) on conflict do nothing;
    return found;
  end $$;
  create or replace function plinth.begin_build() returns boolean
  language sql security definer set search_path = pg_catalog as $$
    select pg_try_advisory_lock(hashtextextended('plinth:build:' || plinth.own_schema('owner'), 0));
  $$;`;
