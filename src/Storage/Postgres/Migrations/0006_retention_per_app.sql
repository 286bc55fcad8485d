-- oldest server: 5
-- Up to which end the answers of a function's runs have been removed, by the state they ended in.
create table retention_marks (
    function_id   int not null,
    state         smallint not null,
    results_until timestamptz not null,
    primary key (function_id, state)
);

create policy of_project on retention_marks using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from functions f where f.id = function_id))
    with check (true);

alter table retention_marks enable row level security;
alter table retention_marks force row level security;
