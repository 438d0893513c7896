-- What every service keeps beside its own tables. Results and payloads are json, not jsonb: they go out again exactly as
-- they came in, and nobody searches them.

-- A mutation that took effect, so that a repeat of it is answered and not done again. Written in the effect's transaction.
CREATE TABLE idempotency_record (
  principal text NOT NULL,
  operation text NOT NULL,
  key_hash bytea NOT NULL,
  fingerprint text NOT NULL,
  result json NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (principal, operation, key_hash)
);

CREATE INDEX idempotency_record_expiry ON idempotency_record (expires_at);

-- What others must hear of a change. Written in the change's transaction, sent afterwards, told apart by id when sent twice.
CREATE TABLE outbox (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('audit', 'event')),
  organization_id text,
  payload json NOT NULL,
  created_at timestamptz NOT NULL,
  delivered_at timestamptz
);

CREATE INDEX outbox_undelivered ON outbox (organization_id, id) WHERE delivered_at IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
