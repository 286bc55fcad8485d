-- The webhook of a batch's end, by the batch's seq: until its delivery is made.
create table batch_webhooks (
    batch     integer primary key references batches (seq) on delete cascade,
    url       text not null,
    authority text not null,
    secret    text,
    retries   integer not null
) strict;

alter table webhook_deliveries add column of_batch integer not null default 0;

-- Receivers that have failed since their last success; those that are sent nothing any more have a time in disabled_at.
create table webhook_receivers (
    project       text not null,
    authority     text not null,
    failures      integer not null,
    failing_since integer not null,
    last_error    text not null,
    disabled_at   integer,
    primary key (project, authority)
) strict, without rowid;
