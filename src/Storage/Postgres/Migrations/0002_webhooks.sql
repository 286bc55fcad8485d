-- oldest server: 1
-- Where the answers of runs are delivered. States of a delivery: 0 pending, 1 delivered, 2 dead.

-- True for a run whose end is told to somebody.
alter table live add column hooked boolean not null default false;
alter table finished add column hooked boolean not null default false;

create table run_webhooks (
    run_id    uuid primary key,
    url       text not null,
    authority text not null,
    secret    text,
    retries   smallint not null
);

create table webhook_deliveries (
    seq          bigint generated always as identity primary key,
    id           uuid not null unique,
    project      text collate "C" not null,
    app          text not null,
    function     text not null,
    run_id       uuid not null,
    run_state    smallint,
    run_attempt  int,
    status       int,
    error        text,
    url          text not null,
    -- Host and port: what is one receiver.
    authority    text collate "C" not null,
    secret       text,
    retries      smallint not null,
    content_type text,
    -- Of a run: its answer's headers, where the content type is.
    headers      bytea,
    -- Null: over the limit, not carried.
    size         bigint,
    state        smallint not null default 0,
    lease        bigint not null default 0,
    due_at       timestamptz not null,
    attempts     int not null default 0,
    tries        int not null default 0,
    created_at   timestamptz not null,
    finished_at  timestamptz,
    last_status  int,
    last_error   text
);

create index webhooks_by_receiver on webhook_deliveries (project, authority, due_at) where state = 0;
create index webhooks_due on webhook_deliveries (due_at) where state = 0;
create index webhooks_by_project on webhook_deliveries (project, seq);
create index webhooks_by_state on webhook_deliveries (project, state, seq);
create index webhooks_by_run on webhook_deliveries (run_id, seq);
create index webhooks_finished on webhook_deliveries (state, finished_at) where state > 0;

create table webhook_bodies (
    seq  bigint primary key references webhook_deliveries (seq) on delete cascade,
    body bytea not null
);

alter table webhook_bodies alter column body set storage external;

create table webhook_attempts (
    delivery bigint not null references webhook_deliveries (seq) on delete cascade,
    number   int not null,
    at       timestamptz not null,
    took     interval not null,
    status   int,
    error    text,
    primary key (delivery, number)
);

-- A UUID of version 7 of the database's time.
create function new_id() returns uuid language sql volatile as $$
    select encode(set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock()) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- Whatever ends a run makes its delivery, in the same transaction: there is no way to end one that forgets it.
create function queue_deliveries() returns trigger language plpgsql as $$
begin
    if exists (select from ended where hooked) then
        with made as (
            insert into webhook_deliveries (id, project, app, function, run_id, run_state, run_attempt, status, error, url, authority, secret, retries,
                                            headers, size, due_at, created_at)
            select new_id(), p.name, f.app, f.name, e.id, e.state, e.attempt, e.status, e.error, w.url, w.authority, w.secret, w.retries,
                   a.headers, coalesce(octet_length(a.body), 0), now.time, now.time
            from (select clock() as time) as now, ended e
            join run_webhooks w on w.run_id = e.id
            join functions f on f.id = e.function_id
            join projects p on p.id = f.project_id
            left join responses a on a.id = e.id
            where e.hooked
            returning seq, run_id, size)
        insert into webhook_bodies (seq, body)
        select made.seq, a.body from made join responses a on a.id = made.run_id where made.size > 0;
    end if;
    return null;
end
$$;

create trigger queue_deliveries after insert on finished referencing new table as ended for each statement execute function queue_deliveries();
