-- Batches, with the counts of their runs kept by every transition. States: 0 receiving, 1 complete, 2 interrupted, 3 cancelled.

create table batches (
    seq          integer primary key,
    id           blob not null unique,
    project_id   integer not null,
    function_id  integer not null,
    state        integer not null,
    upload       integer not null,
    lines        integer not null default 0,
    duplicates   integer not null default 0,
    rejected     integer not null default 0,
    digest       blob not null,
    scheduled    integer not null default 0,
    queued       integer not null default 0,
    running      integer not null default 0,
    succeeded    integer not null default 0,
    failed       integer not null default 0,
    cancelled    integer not null default 0,
    dead         integer not null default 0,
    key          text,
    key_until    integer,
    created_at   integer not null,
    updated_at   integer not null,
    closed_at    integer,
    submitted_by text
) strict;

create index batches_by_project on batches (project_id, created_at);
create index batches_by_key on batches (function_id, key) where key is not null;
create index batches_receiving on batches (updated_at) where state = 0;

alter table runs drop column batch_id;
-- The batch's seq, and the line in it.
alter table runs add column batch integer;
alter table runs add column line integer;
alter table runs add column tag text;
-- The id of the run that this one repeats with another input.
alter table runs add column origin blob;
alter table runs add column max_age integer;
-- Dead unless claimed by then.
alter table runs add column expires_at integer;
alter table runs add column backoff_first integer;
alter table runs add column backoff_longest integer;

create index runs_by_batch on runs (batch, line) where batch is not null;
create index runs_by_tag on runs (project_id, tag, created_at) where tag is not null;
create index runs_waiting_expiry on runs (expires_at) where expires_at is not null and state < 2;

-- The order in which runs are taken: each lane below the first counts as five minutes (in microseconds) younger (PriorityLanes in Core).
drop index runs_ready;
create index runs_ready on runs (function_id, (ready_at + priority * 300000000)) where state = 1;
