-- Who has called: a person or a service account, known by its subject at its issuer.
create table principal (
  id text primary key,
  kind text not null,
  issuer text not null,
  subject text not null,
  email text,
  email_verified boolean not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  constraint principal_subject unique (issuer, subject)
);
