-- The embedded identity provider: its users, its signing keys, and what oidc-provider remembers.

CREATE TABLE issuer_user (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  password_hash text NOT NULL,
  display_name text,
  email_verified boolean NOT NULL DEFAULT true,
  disabled boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX issuer_user_email ON issuer_user (lower(email));

-- Failed sign-ins in a row, by a keyed digest of what was typed as the e-mail: known and unknown users alike.
CREATE TABLE issuer_sign_in_failure (
  subject bytea PRIMARY KEY,
  failures integer NOT NULL,
  blocked_until timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Private keys, encrypted. The generation makes replicas that start together agree on one.
CREATE TABLE issuer_key (
  generation integer PRIMARY KEY,
  kid text NOT NULL UNIQUE,
  sealed_key bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Codes, refresh tokens, sessions, grants. The id is a digest: what is read here cannot be presented as a token.
CREATE TABLE issuer_artifact (
  kind text NOT NULL,
  id text NOT NULL,
  payload jsonb NOT NULL,
  grant_id text,
  user_code text,
  uid text,
  expires_at timestamptz,
  consumed_at timestamptz,
  PRIMARY KEY (kind, id)
);
CREATE INDEX issuer_artifact_grant ON issuer_artifact (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX issuer_artifact_uid ON issuer_artifact (uid) WHERE uid IS NOT NULL;
CREATE INDEX issuer_artifact_account ON issuer_artifact ((payload ->> 'accountId'));
CREATE INDEX issuer_artifact_expiry ON issuer_artifact (expires_at);
