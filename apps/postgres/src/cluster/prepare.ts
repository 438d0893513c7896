import type { Database } from '@plinth/database';
import { escapeIdentifier } from 'pg';
import { PUBLIC_FUNCTIONS } from './capabilities.ts';
import { CHANGES } from './changes.ts';
import { DIRECT_CHANGES } from './direct-changes.ts';
import { MIGRATION_RECORDS } from './migrations.ts';
import { OWN_SCHEMA } from './own-schema.ts';
import { REQUESTS } from './requests.ts';

// What a database is before the first workspace is in it: closed to everybody, with a schema `plinth` that tenants use and
// cannot change. Every start does it again, and changes nothing that is so already. What needs a superuser is done where the
// admin is one; the probe tells what came of it.

const LOCK = "hashtextextended('plinth:prepare', 0)";

/** Bodies in the standard's form are parsed now, once, under this transaction's search_path: a caller's has no say in them. */
const HELPERS = `
  create or replace function plinth.claims() returns jsonb language sql stable parallel safe
    return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  create or replace function plinth.claim(name text) returns text language sql stable parallel safe
    return coalesce(plinth.claims() ->> name, plinth.claims() #>> string_to_array(name, '.'));
  create or replace function plinth.claim_list(name text) returns text[] language sql stable parallel safe
    return (
      select case jsonb_typeof(claim) when 'array' then array(select jsonb_array_elements_text(claim))
        else array[claim #>> '{}'] end
      from (select coalesce(plinth.claims() -> name, plinth.claims() #> string_to_array(name, '.'))) as one (claim)
      where claim is not null);
  create or replace function plinth.uid() returns text language sql stable parallel safe
    return plinth.claims() ->> 'sub';
  comment on function plinth.claims() is 'What the token of the caller says.';
  comment on function plinth.claim(text) is 'One claim, as text: by its name, or by the path of names with dots between them.';
  comment on function plinth.claim_list(text) is 'One claim that is a list, as texts.';
  comment on function plinth.uid() is 'The subject of the token: whose request this is.';`;

interface Facts {
  database: string;
  owner: string;
  isSuperuser: boolean;
  isDatabaseOpen: boolean;
  isPublicOpen: boolean;
}

const FACTS = `
  select current_database() as database, rolsuper as "isSuperuser",
    (select pg_get_userbyid(datdba) from pg_database where datname = current_database()) as owner,
    has_database_privilege('public', current_database(), 'connect')
      or has_database_privilege('public', current_database(), 'temporary')
      or has_database_privilege('public', current_database(), 'create') as "isDatabaseOpen",
    coalesce(has_schema_privilege('public', to_regnamespace('public'), 'usage')
      or has_schema_privilege('public', to_regnamespace('public'), 'create'), false) as "isPublicOpen"
  from pg_roles where rolname = current_user`;

/** The owner of the database keeps them: it takes the lock above at the next start, which may not be a superuser's. */
const REVOKES = `
  select format('revoke execute on function %1$s from public; grant execute on function %1$s to pg_database_owner',
    oid::regprocedure) as text
  from pg_proc where has_function_privilege('public', oid, 'execute') and (${PUBLIC_FUNCTIONS.map(({ sql }) => sql).join(' or ')})`;

export async function prepareCluster(admin: Pick<Database, 'transaction'>): Promise<void> {
  await admin.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${LOCK})`);
    await tx.query('set local search_path = pg_catalog; set local client_min_messages = error');
    const [facts] = await tx.query<Facts & Record<string, unknown>>(FACTS);
    if (!facts) throw new Error('the admin of a cluster has no role');
    if (facts.isDatabaseOpen) {
      await tx.query(`revoke all on database ${escapeIdentifier(facts.database)} from public`);
    }
    if (facts.isPublicOpen) await tx.query('revoke all on schema public from public');
    // What a superuser makes here belongs to the owner too, who may do the next start.
    if (facts.isSuperuser) await tx.query("select set_config('role', $1, true)", [facts.owner]);
    const [known] = await tx.query("select from pg_namespace where nspname = 'plinth'");
    if (!known) await tx.query('create schema plinth; grant usage on schema plinth to public');
    await tx.query(HELPERS);
    await tx.query(OWN_SCHEMA);
    await tx.query(REQUESTS);
    await tx.query(CHANGES);
    await tx.query(MIGRATION_RECORDS);
    if (!facts.isSuperuser) return;
    await tx.query('set local role none');
    await tx.query(DIRECT_CHANGES);
    const revokes = await tx.query<{ text: string }>(REVOKES);
    if (revokes.length > 0) await tx.query(revokes.map(({ text }) => text).join(';\n'));
  });
}
