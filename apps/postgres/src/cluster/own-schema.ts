/** Of which workspace the session is, if it is of that one of its logins: whoever it has become in the meantime. */
export const OWN_SCHEMA = `
  create or replace function plinth.own_schema(login text) returns text
  language plpgsql stable set search_path = pg_catalog as $$
  declare
    own text := substring(session_user::text from '^(ws_[0-9a-z]{26})_' || login || '$');
  begin
    if own is null then
      raise insufficient_privilege using message = 'not the login ' || login || ' of a workspace';
    end if;
    return own;
  end $$;`;
