-- Logins that people connect with by themselves. Their passwords are nowhere but with those who were shown them.
create table credential (
  id text primary key,
  workspace_id text not null references placement (workspace_id),
  organization_id text not null,
  name text not null,
  access text not null check (access in ('rows', 'schema')),
  username text not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  rotated_at timestamptz
);

create index credential_of_workspace on credential (workspace_id, id);
