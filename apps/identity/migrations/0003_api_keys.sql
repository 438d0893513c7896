-- A key for programs: what it may do is its role or less, in all of its organization or a part of it, and never more than
-- its owner may. What is null sets no limit.
create table api_key (
  id text primary key,
  organization_id text not null,
  owner_id text not null,
  -- The address of who made it, as it was then.
  created_by text,
  name text not null,
  role text not null,
  permissions text[],
  tenant_ids text[],
  workspace_ids text[],
  allowed_cidrs text[],
  not_before timestamptz,
  expires_at timestamptz,
  last_used_at timestamptz,
  last_used_from text,
  -- Somebody has found it where it should not be: it opens nothing any more.
  leaked_at timestamptz,
  -- Kept for a while, so that whoever still shows it can be told apart from a stranger.
  deleted_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index api_key_page on api_key (organization_id, id desc) where deleted_at is null;
create index api_key_deleted on api_key (deleted_at) where deleted_at is not null;

-- A key that was rotated has two for a while. Of a secret only a keyed hash is here, and the version of the key to it.
create table api_key_secret (
  public_id text primary key,
  key_id text not null references api_key (id) on delete cascade,
  stage text not null,
  hash bytea not null,
  pepper_version integer not null,
  created_at timestamptz not null default now(),
  -- Null: the newest, as good as its key.
  valid_until timestamptz
);

create index api_key_secret_key on api_key_secret (key_id);
create unique index api_key_secret_newest on api_key_secret (key_id) where valid_until is null;
