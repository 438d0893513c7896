-- A program that belongs to an organization and to nobody in it: it stays when whoever made it goes. What is null sets no limit.
create table service_account (
  id text primary key,
  organization_id text not null,
  -- The address of who made it, as it was then.
  created_by text,
  name text not null,
  description text,
  role text not null,
  permissions text[],
  tenant_ids text[],
  workspace_ids text[],
  -- Nothing of it works until it is enabled again.
  disabled_at timestamptz,
  last_used_at timestamptz,
  last_used_from text,
  deleted_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index service_account_page on service_account (organization_id, id desc) where deleted_at is null;
create index api_key_owner on api_key (owner_id) where deleted_at is null;
