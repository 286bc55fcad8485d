-- oldest server: 5
-- without a transaction
-- What is over by retention, by function and state: each may be kept for a time of its own. In place of one order for all functions.
drop index concurrently if exists finished_over;
create index concurrently finished_over on finished (function_id, state, finished_at);
drop index concurrently if exists finished_done;
drop index concurrently if exists finished_failed;
