-- What is over by retention: one order for what went well, one for what may be replayed.
create index runs_done on runs (finished_at) where state in (3, 5);
create index runs_failed on runs (finished_at) where state in (4, 6);
create index batches_closed on batches (created_at) where state <> 0;
