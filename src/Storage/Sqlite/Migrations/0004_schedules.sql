-- Schedules and what became of their fire times. Outcomes: 0 fired, 1 skipped for overlap, 2 waiting.

create table schedules (
    seq           integer primary key,
    project       text not null,
    name          text not null,
    cron          text not null,
    time_zone     text not null,
    app           text not null,
    function      text not null,
    method        text not null,
    path          text not null,
    headers       blob not null,
    body          blob not null,
    priority      integer not null,
    max_attempts  integer not null,
    misfire       integer not null,
    misfire_limit integer not null,
    overlap       integer not null,
    paused        integer not null,
    created_at    integer not null,
    updated_at    integer not null,
    updated_by    text,
    fired_until   integer not null,
    unique (project, name)
) strict;

create table schedule_fires (
    schedule  integer not null references schedules (seq) on delete cascade,
    fire_time integer not null,
    outcome   integer not null,
    manual    integer not null,
    at        integer not null,
    run_id    blob,
    primary key (schedule, fire_time)
) strict, without rowid;

create index schedule_fires_waiting on schedule_fires (schedule, fire_time) where outcome = 2;
create index schedule_fires_by_time on schedule_fires (fire_time);
