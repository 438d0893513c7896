-- Services that hold the data of workspaces ask for those whose state changed since they last asked. Every change of it is
-- numbered, whoever makes it. One row counts: whoever takes a number holds it until the commit, so that a number that can be seen
-- has none before it that still cannot.
create table state_sequence (
  last bigint not null,
  only_row boolean primary key default true check (only_row)
);
insert into state_sequence (last) values (0);

alter table tenant add column state_sequence bigint not null default 0;
alter table workspace add column state_sequence bigint not null default 0;
-- From then on nothing brings it back, and what it held is destroyed. The row stays, so that nothing takes its id for a living one.
alter table tenant add column purged_at timestamptz;
alter table workspace add column purged_at timestamptz;

create index tenant_state on tenant (state_sequence) where state_sequence > 0;
create index workspace_state on workspace (state_sequence) where state_sequence > 0;
create index tenant_to_purge on tenant (purge_at) where purge_at is not null and purged_at is null;
create index workspace_to_purge on workspace (purge_at) where purge_at is not null and purged_at is null;

create function number_state() returns trigger language plpgsql as $$
begin
  update state_sequence set last = last + 1 returning last into new.state_sequence;
  return new;
end $$;

create trigger tenant_state before update on tenant for each row
  when ((old.status, old.deleted_at, old.purged_at) is distinct from (new.status, new.deleted_at, new.purged_at))
  execute function number_state();
create trigger workspace_state before update on workspace for each row
  when ((old.status, old.capabilities, old.deleted_at, old.purged_at)
    is distinct from (new.status, new.capabilities, new.deleted_at, new.purged_at))
  execute function number_state();

-- The name of what is purged is free.
alter table tenant drop constraint tenant_slug_taken;
create unique index tenant_slug_taken on tenant (organization_id, slug) where purged_at is null;
alter table workspace drop constraint workspace_slug_taken;
create unique index workspace_slug_taken on workspace (tenant_id, slug) where purged_at is null;
