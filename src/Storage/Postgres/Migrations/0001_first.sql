-- oldest server: 1
-- States: 0 scheduled, 1 queued, 2 running, 3 succeeded, 4 failed, 5 cancelled, 6 dead.

-- The one clock: leases, due times and ends are decided by it, whatever the servers' own clocks say.
create function clock() returns timestamptz language sql volatile parallel safe as 'select clock_timestamp()';

create table projects (
    id   int generated always as identity primary key,
    name text not null unique
);

create table functions (
    id         int generated always as identity primary key,
    project_id int not null references projects (id),
    app        text not null,
    name       text not null,
    unique (project_id, app, name)
);

-- What was submitted: written once, never changed. Ids are UUIDs of version 7, so that their order is that of acceptance to the millisecond.
create table requests (
    id              uuid primary key,
    created_at      timestamptz not null,
    batch           uuid,
    line            bigint,
    max_age         interval,
    backoff_first   interval,
    backoff_longest interval,
    origin          uuid,
    project_id      int not null,
    function_id     int not null,
    max_attempts    int not null,
    priority        smallint not null,
    submitted_by    text,
    tag             text,
    method          text not null,
    path            text not null,
    headers         bytea not null,
    body            bytea not null
);

-- Bodies are often compressed already, and the processor has better to do.
alter table requests alter column body set storage external;

create index requests_by_project on requests (project_id, id);
create index requests_by_batch on requests (batch, line) where batch is not null;
create index requests_by_tag on requests (project_id, tag, id) where tag is not null;

-- The runs that have not ended, and they alone: small, and hot.
create table live (
    id           uuid primary key,
    -- While scheduled: not before; while queued: since when.
    ready_at     timestamptz not null,
    lease_until  timestamptz,
    started_at   timestamptz,
    expires_at   timestamptz,
    lease        bigint not null default 0,
    batch        uuid,
    function_id  int not null,
    max_attempts int not null,
    attempt      int not null default 0,
    crashes      int not null default 0,
    status       int,
    state        smallint not null,
    priority     smallint not null,
    error        text,
    worker       text
) with (
    -- Half of the rows are dead at any time: cleaned soon and at full speed.
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.5, autovacuum_analyze_threshold = 50000
);

create index live_ready on live (function_id, priority, ready_at, id) where state = 1;
create index live_scheduled on live (ready_at, id) where state = 0;
create index live_leased on live (lease_until, id) where state = 2;
create index live_expiring on live (expires_at) where expires_at is not null and state < 2;
create index live_by_function on live (function_id, state, id);

-- The runs that have ended.
create table finished (
    id          uuid primary key,
    started_at  timestamptz,
    finished_at timestamptz not null,
    expires_at  timestamptz,
    lease       bigint not null,
    function_id int not null,
    attempt     int not null,
    crashes     int not null,
    status      int,
    state       smallint not null,
    error       text
);

create index finished_by_function on finished (function_id, state, id);
-- What is over by retention: one order for what went well, one for what may be replayed.
create index finished_done on finished (finished_at) where state in (3, 5);
create index finished_failed on finished (finished_at) where state in (4, 6);

create table responses (
    id      uuid primary key,
    headers bytea not null,
    body    bytea not null
);

alter table responses alter column body set storage external;

-- How many runs of a function, or of a batch, went into a state and out of it. Every transition adds a row in its own commit, so nobody waits for
-- anybody; a reader adds them up, and housekeeping folds them together.
create table counts (
    function_id int,
    batch       uuid,
    scheduled   bigint not null default 0,
    queued      bigint not null default 0,
    running     bigint not null default 0,
    succeeded   bigint not null default 0,
    failed      bigint not null default 0,
    cancelled   bigint not null default 0,
    dead        bigint not null default 0
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create index counts_by_batch on counts (batch) where batch is not null;

-- States: 0 receiving, 1 complete, 2 interrupted, 3 cancelled. The counts are those that were folded in; what came since is in counts.
create table batches (
    id           uuid primary key,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    closed_at    timestamptz,
    key_until    timestamptz,
    lines        bigint not null default 0,
    duplicates   bigint not null default 0,
    rejected     bigint not null default 0,
    scheduled    bigint not null default 0,
    queued       bigint not null default 0,
    running      bigint not null default 0,
    succeeded    bigint not null default 0,
    failed       bigint not null default 0,
    cancelled    bigint not null default 0,
    dead         bigint not null default 0,
    project_id   int not null,
    function_id  int not null,
    upload       int not null,
    state        smallint not null,
    digest       bytea not null,
    key          text,
    submitted_by text
) with (fillfactor = 70);

create index batches_by_project on batches (project_id, id);
create index batches_by_key on batches (function_id, key, id) where key is not null;
create index batches_receiving on batches (updated_at) where state = 0;

create table idempotency (
    function_id  int not null,
    key          text not null,
    request_hash bytea not null,
    run_id       uuid not null,
    expires_at   timestamptz not null,
    primary key (function_id, key)
);

create index idempotency_expiry on idempotency (expires_at);

-- One row. A change of an app counts it up and holds it to its commit, so that whoever has read up to a number has missed nothing below it.
create table catalog (
    version bigint not null
);

insert into catalog (version) values (0);

create table apps (
    project     text not null,
    app         text not null,
    last_number int not null,
    -- Null for an app that was deleted.
    current     int,
    version     bigint not null,
    primary key (project, app)
);

create index apps_by_version on apps (version);

create table revisions (
    project     text not null,
    app         text not null,
    number      int not null,
    config      text not null,
    deployed_at timestamptz not null,
    deployed_by text not null,
    primary key (project, app, number),
    foreign key (project, app) references apps (project, app)
);

create table keys (
    seq        bigint generated always as identity primary key,
    project    text not null,
    id         text not null,
    name       text not null,
    scopes     int not null,
    public_key bytea not null,
    issued_at  timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    unique (project, id)
);

create table secrets (
    name  text primary key,
    value bytea not null
);
