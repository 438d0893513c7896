-- Whether a workspace may be used is tenancy's to say. It is asked again for each time that it told of a change: `told` counts those
-- times, and `heard` is the one that the state was taken from. So of two answers that cross the later one stays.
alter table placement add column told integer not null default 1;
alter table placement add column heard integer not null default 0;
create index placement_unheard on placement (workspace_id) where heard < told and state <> 'purged';

-- How far all replicas together have listened.
create table tenancy_sequence (
  last bigint not null,
  only_row boolean primary key default true check (only_row)
);
insert into tenancy_sequence (last) values (0);
