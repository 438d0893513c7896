-- More realms than the installation's own, which is called `plinth` here: each has its own users, keys, clients and memory.
ALTER TABLE issuer_user ADD COLUMN realm text NOT NULL DEFAULT 'plinth';
DROP INDEX issuer_user_email;
CREATE UNIQUE INDEX issuer_user_email ON issuer_user (realm, lower(email));

ALTER TABLE issuer_key ADD COLUMN realm text NOT NULL DEFAULT 'plinth';
ALTER TABLE issuer_key DROP CONSTRAINT issuer_key_pkey, ADD PRIMARY KEY (realm, generation);

-- The key stays: ids are digests of what nobody can guess. What was made in one realm is nothing in another.
ALTER TABLE issuer_artifact ADD COLUMN realm text NOT NULL DEFAULT 'plinth';

CREATE TABLE issuer_realm (
  name text PRIMARY KEY,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Of the realms above; those of the installation's own are in its settings.
CREATE TABLE issuer_client (
  realm text NOT NULL REFERENCES issuer_realm,
  id text NOT NULL,
  name text NOT NULL,
  grants text[] NOT NULL,
  redirect_uris text[] NOT NULL,
  -- Encrypted; a public client has none.
  sealed_secret bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (realm, id)
);
