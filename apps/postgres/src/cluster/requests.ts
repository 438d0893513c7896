// The requests of workspaces that took effect, kept beside their effects: what a request with an idempotency key did and the
// record of it are of one transaction, whatever happens between its commit and its answer. Workspaces reach it by functions
// alone, which take the workspace from the login; so none sees another's, and none can write its own but by asking.

/** Raised by `plinth.refuse_affected`, in the midst of a statement that would change more rows than it may. */
export const TOO_MANY_AFFECTED = 'PLX01';
/** Raised by `plinth.refuse_outcome`: how many rows were written, and how many fit. */
export const NOT_AS_ASKED = 'PLX02';
/** Raised by `plinth.claim_request`. */
export const TOOK_EFFECT = 'PLX05';
/** Raised by `plinth.begin_request`. */
export const KEY_REUSED = 'PLX03';
export const IN_PROGRESS = 'PLX04';

/** The newest hash comes first; the others are those of earlier master keys. A row without an answer is of this transaction. */
const BEGIN = `
  create or replace function plinth.begin_request(hashes text[], fingerprints text[], request_id text)
  returns table (answer text, answered_request text, expires_at timestamptz)
  language plpgsql security definer set search_path = pg_catalog set lock_timeout = '50ms' as $$
  declare
    own text := plinth.own_schema('api');
    known plinth.request;
  begin
    select * into known from plinth.request r
      where r.schema_name = own and r.key_hash = any(hashes) and r.expires_at > now() limit 1;
    if not found then
      insert into plinth.request as r (schema_name, key_hash, fingerprint, request_id)
        values (own, hashes[1], fingerprints[1], request_id)
        on conflict (schema_name, key_hash) do update set
          fingerprint = excluded.fingerprint, request_id = excluded.request_id, answer = null,
          expires_at = excluded.expires_at
        where r.expires_at <= now();
      if found then
        return;
      end if;
      select * into known from plinth.request r where r.schema_name = own and r.key_hash = hashes[1];
    end if;
    if not known.fingerprint = any(fingerprints) then
      raise exception using errcode = '${KEY_REUSED}', message = 'the key was used with another request';
    end if;
    return query select known.answer, known.request_id, known.expires_at;
  exception when lock_not_available then
    raise exception using errcode = '${IN_PROGRESS}', message = 'a request with this key is still running';
  end $$;`;

/** For a change that goes along with it: nothing of that happens where there is an answer already. */
const CLAIM = `
  create or replace function plinth.claim_request(hashes text[], fingerprints text[], request_id text) returns void
  language plpgsql set search_path = pg_catalog as $$
  begin
    perform from plinth.begin_request(hashes, fingerprints, request_id);
    if found then
      raise exception using errcode = '${TOOK_EFFECT}', message = 'a request with this key took effect';
    end if;
  end $$;`;

const COMPLETE = `
  create or replace function plinth.complete_request(hash text, given text) returns boolean
  language sql volatile security definer set search_path = pg_catalog as $$
    update plinth.request set answer = given
    where schema_name = plinth.own_schema('api') and key_hash = hash and answer is null returning true;
  $$;`;

const REFUSE_AFFECTED = `
  create or replace function plinth.refuse_affected(affected bigint, most bigint) returns bigint
  language plpgsql set search_path = pg_catalog as $$
  begin
    raise exception using errcode = '${TOO_MANY_AFFECTED}', message = affected::text;
  end $$;`;

/** Undoes what was not done as it was asked for. */
const REFUSE_OUTCOME = `
  create or replace function plinth.refuse_outcome(affected bigint, matched bigint) returns boolean
  language plpgsql set search_path = pg_catalog as $$
  begin
    raise exception using errcode = '${NOT_AS_ASKED}',
      message = format('%s %s', affected, coalesce(matched, 0));
  end $$;`;

export const REQUESTS = `
  create table if not exists plinth.request (
    schema_name text not null,
    key_hash text not null,
    fingerprint text not null,
    request_id text not null,
    answer text,
    expires_at timestamptz not null default now() + interval '24 hours',
    primary key (schema_name, key_hash)
  );
  create index if not exists request_expiry on plinth.request (expires_at);
  ${BEGIN}
  ${CLAIM}
  ${COMPLETE}
  ${REFUSE_AFFECTED}
  ${REFUSE_OUTCOME}`;

const SWEPT_AT_ONCE = 1_000;

/** By the admin, a few at a time. */
export const SWEEP_REQUESTS = `
  with doomed as (
    select ctid from plinth.request where expires_at <= now() limit ${SWEPT_AT_ONCE} for update skip locked
  ), gone as (
    delete from plinth.request r using doomed where r.ctid = doomed.ctid returning 1
  )
  select count(*) as count from gone`;
