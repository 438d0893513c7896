-- Where the data of each workspace lies. The row says what is wanted; its revision counts every change of that, and its settled
-- revision is the one that the cluster was last brought to. A purged workspace keeps its row, so that nothing makes it again.
create table placement (
  workspace_id text primary key,
  tenant_id text not null,
  organization_id text not null,
  cluster text not null,
  database text not null,
  mode text not null check (mode in ('shared', 'dedicated')),
  schema_name text not null,
  -- The version of the master key that the passwords of its logins derive from.
  password_version integer not null,
  state text not null default 'active' check (state in ('active', 'disabled', 'purged')),
  revision integer not null default 1,
  settled_revision integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint placement_of_schema unique (schema_name)
);

create index placement_of_cluster on placement (cluster) where state <> 'purged';
create index placement_unsettled on placement (updated_at) where settled_revision < revision;
