import type { Queryable } from '@plinth/database';
import { SCHEMA_CHANNEL } from './changes.ts';

// Whoever has a login of their own changes tables without asking the API. The database itself tells of that, where it lets us:
// only a superuser makes event triggers.

const TOLD = [
  ['plinth_schema_changed', 'ddl_command_end', 'pg_event_trigger_ddl_commands()'],
  ['plinth_schema_dropped', 'sql_drop', 'pg_event_trigger_dropped_objects()'],
] as const;

export const DIRECT_CHANGES = TOLD.map(
  ([trigger, event, commands]) => `
  create or replace function plinth.tell_${event}() returns event_trigger
  language plpgsql security definer set search_path = pg_catalog as $$
  declare
    changed text;
  begin
    for changed in select distinct schema_name from ${commands} where schema_name ~ '^ws_[0-9a-z]{26}$' loop
      perform pg_notify('${SCHEMA_CHANNEL}', changed);
    end loop;
  end $$;
  do $$ begin
    if not exists (select from pg_event_trigger where evtname = '${trigger}') then
      create event trigger ${trigger} on ${event} execute function plinth.tell_${event}();
    end if;
  end $$;`,
).join('\n');

export async function areDirectChangesTold(admin: Queryable): Promise<boolean> {
  const rows = await admin.query('select from pg_event_trigger where evtname = any($1)', [
    TOLD.map(([trigger]) => trigger),
  ]);
  return rows.length === TOLD.length;
}
