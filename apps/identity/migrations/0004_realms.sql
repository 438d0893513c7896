-- The realm of a tenant, where its own users sign in. It is a row before it is made at the provider, and stays one when the
-- plan of the tenant no longer has it.
create table realm (
  -- Its name at the provider too.
  id text primary key,
  tenant_id text not null,
  organization_id text not null,
  -- Which installation of a provider keeps it.
  placement text not null,
  -- Of its own administrator at the provider, encrypted.
  sealed_secret bytea not null,
  -- Whether it is to be used, and what the provider was told last: nothing before it is made.
  enabled boolean not null default true,
  enabled_at_provider boolean,
  -- While there is one, what the provider knows is uncertain: until then somebody is telling it, or was and may have failed.
  locked_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint realm_of_tenant unique (tenant_id)
);

create index realm_of_organization on realm (organization_id, id);
create index realm_unsettled on realm (id)
  where enabled_at_provider is distinct from enabled or locked_until is not null;
