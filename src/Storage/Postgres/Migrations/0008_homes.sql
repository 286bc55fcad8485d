-- oldest server: 8
-- Gateways, their leases, and which of them is the home of which app (docs/decisions/0011).

create table gateways (
    id          uuid primary key,
    address     text not null,
    leaving     boolean not null default false,
    -- Set once, by whoever finds the lease over: from then on it cannot be renewed, and its homes are free.
    ended       boolean not null default false,
    lease_until timestamptz not null
);

-- One row. Whether gateways could renew, and since when without a break: a lease that ran out while the database was away is nobody's fault.
create table gateway_service (
    renewed_at timestamptz not null,
    up_since   timestamptz not null,
    -- Counts changes of homes: written first by every transaction that makes one, so that they become visible in order.
    version    bigint not null
);
insert into gateway_service values (clock(), clock(), 0);

create table homes (
    project text collate "C" not null,
    app     text collate "C" not null,
    gateway uuid,
    epoch   bigint not null default 0,
    version bigint not null default 0,
    primary key (project, app)
);
create index homes_version on homes (version);
create index homes_gateway on homes (gateway);

-- Slots of replicas that run elsewhere, held by calls from before the app's home moved.
create table home_held (
    gateway uuid not null,
    project text collate "C" not null,
    app     text collate "C" not null,
    address text not null,
    slots   int not null,
    primary key (gateway, project, app, address)
);
