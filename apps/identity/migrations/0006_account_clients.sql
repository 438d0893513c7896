-- A service account may have an OAuth client, at the provider under the id of the account.
alter table service_account
  -- It has one since then; without it nothing that a provider has signed for it opens anything.
  add column client_created_at timestamptz,
  add column client_secret_at timestamptz,
  -- Whoever is telling the provider of the client, and until when nobody else does. While there is one, what the provider
  -- has is uncertain.
  add column client_attempt text,
  add column client_locked_until timestamptz;

create index service_account_unsettled on service_account (client_locked_until) where client_attempt is not null;

-- A principal is a person: a program is a row of its own, and was nobody's before.
delete from principal where kind <> 'member';
alter table principal drop column kind;
