-- Times are microseconds since 1970, UTC. States: 0 scheduled, 1 queued, 2 running, 3 succeeded, 4 failed, 5 cancelled, 6 dead.

create table projects (
    id   integer primary key,
    name text not null unique
) strict;

create table functions (
    id         integer primary key,
    project_id integer not null references projects (id),
    app        text not null,
    name       text not null,
    unique (project_id, app, name)
) strict;

-- Small and of fixed shape, so that a change of state touches little. What is large lives in requests and responses, under the same seq.
create table runs (
    seq          integer primary key,
    id           blob not null unique,
    project_id   integer not null,
    function_id  integer not null,
    batch_id     blob,
    state        integer not null,
    priority     integer not null,
    attempt      integer not null default 0,
    max_attempts integer not null,
    crashes      integer not null default 0,
    lease        integer not null default 0,
    lease_until  integer,
    -- While scheduled: not before; while queued: since when.
    ready_at     integer not null,
    created_at   integer not null,
    started_at   integer,
    finished_at  integer,
    status       integer,
    error        text,
    worker       text,
    submitted_by text
) strict;

create index runs_ready on runs (function_id, priority, ready_at) where state = 1;
create index runs_scheduled on runs (ready_at) where state = 0;
create index runs_leased on runs (lease_until) where state = 2;
-- Lists, newest first: of a project, and (merged over functions and states) every filter.
create index runs_by_project on runs (project_id, created_at);
create index runs_by_function on runs (function_id, state, created_at);

create table requests (
    seq     integer primary key,
    method  text not null,
    path    text not null,
    headers blob not null,
    body    blob not null
) strict;

create table responses (
    seq     integer primary key,
    headers blob not null,
    body    blob not null
) strict;

create table idempotency (
    function_id  integer not null,
    key          text not null,
    request_hash blob not null,
    run_id       blob not null,
    expires_at   integer not null,
    primary key (function_id, key)
) strict, without rowid;

create index idempotency_expiry on idempotency (expires_at);

create table apps (
    project     text not null,
    app         text not null,
    last_number integer not null,
    -- Null for an app that was deleted.
    current     integer,
    primary key (project, app)
) strict, without rowid;

create table revisions (
    project     text not null,
    app         text not null,
    number      integer not null,
    config      text not null,
    deployed_at integer not null,
    deployed_by text not null,
    primary key (project, app, number),
    foreign key (project, app) references apps (project, app)
) strict;

create table keys (
    seq        integer primary key,
    project    text not null,
    id         text not null,
    name       text not null,
    scopes     integer not null,
    public_key blob not null,
    issued_at  integer not null,
    expires_at integer not null,
    revoked_at integer,
    unique (project, id)
) strict;

create table secrets (
    name  text primary key,
    value blob not null
) strict, without rowid;
