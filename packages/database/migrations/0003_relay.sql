-- A revocation is sent like an audit entry or an event, and a relay asks for the undelivered rows of its kind only.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('audit', 'event', 'revocation'));

DROP INDEX outbox_undelivered;
CREATE INDEX outbox_undelivered ON outbox (kind, (coalesce(organization_id, '')), id) WHERE delivered_at IS NULL;
