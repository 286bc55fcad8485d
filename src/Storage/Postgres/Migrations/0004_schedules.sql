-- oldest server: 1
-- Schedules and what became of their fire times. Outcomes: 0 fired, 1 skipped for overlap, 2 waiting.

create table schedules (
    seq           bigint generated always as identity primary key,
    project       text collate "C" not null,
    name          text collate "C" not null,
    cron          text not null,
    time_zone     text not null,
    app           text not null,
    function      text not null,
    method        text not null,
    path          text not null,
    headers       bytea not null,
    body          bytea not null,
    priority      smallint not null,
    max_attempts  int not null,
    misfire       smallint not null,
    misfire_limit int not null,
    overlap       smallint not null,
    paused        boolean not null,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    updated_by    text,
    fired_until   timestamptz not null,
    unique (project, name)
);

create table schedule_fires (
    schedule  bigint not null references schedules (seq) on delete cascade,
    fire_time timestamptz not null,
    outcome   smallint not null,
    manual    boolean not null,
    at        timestamptz not null,
    run_id    uuid,
    primary key (schedule, fire_time)
);

create index schedule_fires_waiting on schedule_fires (schedule, fire_time) where outcome = 2;
create index schedule_fires_by_time on schedule_fires (fire_time);
