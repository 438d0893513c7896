-- What was revoked, in the order in which gateways hear of it. One row counts: whoever takes a number holds it until the
-- commit, so that a number that can be seen has none before it that still cannot.
create table revocation_sequence (
  last bigint not null,
  only_row boolean primary key default true check (only_row)
);
insert into revocation_sequence (last) values (0);

create table revocation (
  sequence bigint primary key,
  -- The change that revoked it: pushed once more, it is not revoked once more.
  push_id text not null,
  subject text not null,
  revoked_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  constraint revocation_once unique (push_id, subject)
);

create index revocation_subject on revocation (subject);
create index revocation_age on revocation (recorded_at);
