-- What is over by retention, by function and state: each may be kept for a time of its own. In place of one order for all functions.
create index runs_over on runs (function_id, state, finished_at) where state > 2;
drop index runs_done;
drop index runs_failed;

-- Up to which end (and which seq of that instant) the answers of a function's runs have been removed, by the state they ended in.
create table retention_marks (
    function_id   integer not null,
    state         integer not null,
    results_until integer not null,
    seq_until     integer not null,
    primary key (function_id, state)
) strict, without rowid;
