-- oldest server: 1
-- The batches that retention looks at.
create index batches_closed on batches (created_at) where state <> 0;
