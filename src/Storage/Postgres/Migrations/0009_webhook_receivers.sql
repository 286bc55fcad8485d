-- oldest server: 8
-- The webhook of a batch's end: until its delivery is made.
create table batch_webhooks (
    batch     uuid primary key,
    url       text not null,
    authority text not null,
    secret    text,
    retries   smallint not null
);

alter table webhook_deliveries add column of_batch boolean not null default false;

-- Receivers that have failed since their last success; those that are sent nothing any more have a time in disabled_at.
create table webhook_receivers (
    project       text collate "C" not null,
    authority     text collate "C" not null,
    failures      int not null,
    failing_since timestamptz not null,
    last_error    text not null,
    disabled_at   timestamptz,
    primary key (project, authority)
);

create policy of_project on batch_webhooks using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from batches b where b.id = batch))
    with check (true);

create policy of_project on webhook_receivers using (
    (select current_setting('intercluster.project', true)) = '*' or project = (select current_setting('intercluster.project', true)));

alter table batch_webhooks enable row level security;
alter table batch_webhooks force row level security;
alter table webhook_receivers enable row level security;
alter table webhook_receivers force row level security;
