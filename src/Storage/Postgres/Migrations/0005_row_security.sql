-- oldest server: 5
-- What a session sees is its project's rows. The setting intercluster.project names the project; '*' stands for all of them (claims, settlements, sweeps:
-- what crosses projects by nature), which no project can be called; without it nothing is seen. The parts in brackets are computed once for a
-- statement, and the second one only where the first does not settle it.

create policy of_project on projects using (
    (select current_setting('intercluster.project', true)) = '*' or name = (select current_setting('intercluster.project', true)));

create policy of_project on functions using (
    (select current_setting('intercluster.project', true)) = '*'
    or project_id = (select id from projects where name = current_setting('intercluster.project', true)));

create policy of_project on requests using (
    (select current_setting('intercluster.project', true)) = '*'
    or project_id = (select id from projects where name = current_setting('intercluster.project', true)));

create policy of_project on batches using (
    (select current_setting('intercluster.project', true)) = '*'
    or project_id = (select id from projects where name = current_setting('intercluster.project', true)));

-- These have a function, not a project: it is seen, or it is not. What is written is not looked at again here and below: a row may come before the one that it
-- belongs to can be seen, and a statement that forgets its project is stopped where it reads, or at the rows that it would change.
create policy of_project on live using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from functions f where f.id = function_id))
    with check (true);

create policy of_project on finished using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from functions f where f.id = function_id))
    with check (true);

create policy of_project on idempotency using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from functions f where f.id = function_id))
    with check (true);

-- These belong to a run.
create policy of_project on responses using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from requests r where r.id = responses.id))
    with check (true);

create policy of_project on run_webhooks using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from requests r where r.id = run_id))
    with check (true);

create policy of_project on webhook_deliveries using (
    (select current_setting('intercluster.project', true)) = '*' or project = (select current_setting('intercluster.project', true)));

create policy of_project on webhook_bodies using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from webhook_deliveries d where d.seq = webhook_bodies.seq))
    with check (true);

create policy of_project on webhook_attempts using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from webhook_deliveries d where d.seq = delivery))
    with check (true);

create policy of_project on schedules using (
    (select current_setting('intercluster.project', true)) = '*' or project = (select current_setting('intercluster.project', true)));

create policy of_project on schedule_fires using (
    (select current_setting('intercluster.project', true)) = '*' or exists (select from schedules s where s.seq = schedule))
    with check (true);

create policy of_project on apps using (
    (select current_setting('intercluster.project', true)) = '*' or project = (select current_setting('intercluster.project', true)));

create policy of_project on revisions using (
    (select current_setting('intercluster.project', true)) = '*' or project = (select current_setting('intercluster.project', true)));

create policy of_project on keys using (
    (select current_setting('intercluster.project', true)) = '*' or project = (select current_setting('intercluster.project', true)));

-- For the owner too: the server's role is the one that made the tables.
do $$
declare
    name text;
begin
    foreach name in array array[
        'projects', 'functions', 'requests', 'batches', 'live', 'finished', 'idempotency', 'responses', 'run_webhooks', 'webhook_deliveries', 'webhook_bodies',
        'webhook_attempts', 'schedules', 'schedule_fires', 'apps', 'revisions', 'keys']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
    end loop;
end
$$;
