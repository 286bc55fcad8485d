-- Where the answers of runs are delivered. States of a delivery: 0 pending, 1 delivered, 2 dead.

create table run_webhooks (
    run_id    blob not null primary key references runs (id) on delete cascade,
    url       text not null,
    authority text not null,
    secret    text,
    retries   integer not null
) strict, without rowid;

create table webhook_deliveries (
    seq          integer primary key,
    id           blob not null unique,
    project      text not null,
    app          text not null,
    function     text not null,
    run_id       blob not null,
    run_state    integer,
    run_attempt  integer,
    status       integer,
    error        text,
    url          text not null,
    -- Host and port: what is one receiver.
    authority    text not null,
    secret       text,
    retries      integer not null,
    content_type text,
    -- Null: over the limit, not carried.
    size         integer,
    state        integer not null default 0,
    lease        integer not null default 0,
    -- 1 while a sender has it; it is due again at the end of the lease.
    leased       integer not null default 0,
    due_at       integer not null,
    attempts     integer not null default 0,
    tries        integer not null default 0,
    created_at   integer not null,
    finished_at  integer,
    last_status  integer,
    last_error   text
) strict;

create index webhooks_by_receiver on webhook_deliveries (project, authority, due_at) where state = 0;
create index webhooks_due on webhook_deliveries (due_at) where state = 0;
create index webhooks_leased on webhook_deliveries (leased) where leased = 1;
create index webhooks_by_project on webhook_deliveries (project, seq);
create index webhooks_by_state on webhook_deliveries (project, state, seq);
create index webhooks_by_run on webhook_deliveries (run_id, seq);
create index webhooks_finished on webhook_deliveries (state, finished_at) where state > 0;

create table webhook_bodies (
    seq  integer primary key references webhook_deliveries (seq) on delete cascade,
    body blob not null
) strict;

create table webhook_attempts (
    delivery integer not null references webhook_deliveries (seq) on delete cascade,
    number   integer not null,
    at       integer not null,
    took     integer not null,
    status   integer,
    error    text,
    primary key (delivery, number)
) strict, without rowid;
