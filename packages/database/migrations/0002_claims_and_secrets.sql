-- A record begins as a claim where the effect is outside this database: committed before the effect, completed after it.
-- Without a result it is a claim; who holds its token until its time runs out may complete it, then anybody may take it over.
-- Its effect_id names the effect outside and outlives every takeover, so that a repeat finds what is there.
ALTER TABLE idempotency_record
  -- Begins with the organization, whose live keys are counted by a range of it: in bytes, not in a language.
  ALTER COLUMN principal TYPE text COLLATE "C",
  ALTER COLUMN result DROP NOT NULL,
  ADD COLUMN request_id text,
  ADD COLUMN effect_id text,
  ADD COLUMN attempt integer,
  ADD COLUMN lock_token uuid,
  ADD COLUMN locked_until timestamptz,
  -- What is shown once, encrypted so that only the idempotency key opens it, and only for a while.
  ADD COLUMN sealed bytea,
  ADD COLUMN sealed_until timestamptz,
  ADD CONSTRAINT idempotency_record_is_done_or_claimed CHECK (
    result IS NOT NULL
    OR (effect_id IS NOT NULL AND attempt IS NOT NULL AND lock_token IS NOT NULL AND locked_until IS NOT NULL)
  );

CREATE INDEX idempotency_record_sealed ON idempotency_record (sealed_until) WHERE sealed IS NOT NULL;
