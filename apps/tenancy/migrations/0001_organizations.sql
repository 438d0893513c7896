create table organization (
  id text primary key,
  slug text not null unique,
  display_name text not null,
  created_at timestamptz not null default now()
);

create table member (
  id text primary key,
  organization_id text not null references organization (id),
  email text not null,
  -- Known from the first sign-in with this (verified) address on.
  user_id text,
  role text not null,
  created_at timestamptz not null default now()
);

create unique index member_organization_email on member (organization_id, lower(email));
create unique index member_organization_user on member (organization_id, user_id);
create index member_user on member (user_id);
create index member_unclaimed on member (lower(email)) where user_id is null;
