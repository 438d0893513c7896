create table tenant (
  id text primary key,
  organization_id text not null references organization (id),
  slug text not null,
  display_name text not null,
  plan text not null,
  status text not null,
  admin_email text not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  purge_at timestamptz,
  -- A deleted tenant keeps its slug until it is purged, so that nobody can take its name over.
  constraint tenant_slug_taken unique (organization_id, slug)
);

create index tenant_page on tenant (organization_id, id desc);

create table workspace (
  id text primary key,
  organization_id text not null references organization (id),
  tenant_id text not null references tenant (id),
  slug text not null,
  display_name text not null,
  capabilities text[] not null,
  environment_type text not null,
  status text not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  purge_at timestamptz,
  constraint workspace_slug_taken unique (tenant_id, slug)
);

create index workspace_page on workspace (organization_id, id desc);
create index workspace_tenant_page on workspace (tenant_id, id desc);
