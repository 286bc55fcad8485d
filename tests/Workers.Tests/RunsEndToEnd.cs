using System.Net;
using InterCluster.Core.Requests;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Workers.Tests;

public sealed class RunsEndToEnd
{
    [Fact]
    public async Task An_async_call_ends_with_the_functions_own_status_headers_and_body()
    {
        await using Function function = await Function.StartAsync(async (context, seen) =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["X-Own"] = "kept";
            context.Response.Headers["X-InterCluster-Run-State"] = "forged";
            context.Response.ContentType = "text/x-own";
            await context.Response.WriteAsync($"did {seen.Body}");
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app", "work/deep?x=1", "bread", ("X-Custom", "a"), ("X-InterCluster-Project", "p-forged"));
        RunView run = await pipeline.EndAsync(id);
        Assert.Equal((RunState.Succeeded, 1, 201), (run.State, run.Attempt, run.Status));

        using HttpResponseMessage result = await pipeline.Client.GetAsync($"/api/v1/projects/{Pipeline.Project}/runs/{id}/result");
        Assert.Equal(HttpStatusCode.Created, result.StatusCode);
        Assert.Equal("did bread", await result.Content.ReadAsStringAsync());
        Assert.Equal("text/x-own", result.Content.Headers.ContentType!.MediaType);
        Assert.Equal("kept", Assert.Single(result.Headers.GetValues("X-Own")));
        Assert.Equal("succeeded", Assert.Single(result.Headers.GetValues("X-InterCluster-Run-State")));

        Seen seen = Assert.Single(function.Calls);
        Assert.Equal((id, 1, "/work/deep?x=1", "bread"), (seen.RunId, seen.Attempt, seen.Path, seen.Body));
        Assert.Equal("5", seen.Headers["Content-Length"]);
        Assert.Equal("a", seen.Headers["X-Custom"]);
        Assert.Equal(Pipeline.Project, seen.Headers["X-InterCluster-Project"]);
        Assert.Equal("tester", seen.Headers["X-InterCluster-Caller"]);
        Assert.False(seen.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task Each_attempt_of_a_run_stands_in_the_request_log_as_any_other_call()
    {
        await using Function function = await Function.StartAsync((context, _) => context.Response.WriteAsync("four"));
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        Core.Replicas.Replica replica = pipeline.AddReplica("app", function.Address);

        RunView run = await pipeline.EndAsync(await pipeline.SubmitAsync("app", "work", "seven b"));

        RequestRecord record = Assert.Single(pipeline.Get<IRequestLog>().Recent(Pipeline.Project, default, 10));
        Assert.Equal((run.RunId, "work", 200, replica.Id.Value), (record.Id.ToString(), record.Function.Function, record.Status, record.Replica));
        Assert.Equal((7, 4), (record.RequestBytes, record.ResponseBytes));
        Assert.True(record.Total > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_burst_of_runs_all_end_and_never_exceeds_the_apps_slots()
    {
        const int Runs = 500;
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app", s => s with { ReplicaConcurrency = 4 });
        pipeline.AddReplica("app", function.Address, concurrency: 4);

        string[] ids = await Task.WhenAll(Enumerable.Range(0, Runs).Select(i => pipeline.SubmitAsync("app", "work", $"{i}")));
        RunView[] ended = await Task.WhenAll(ids.Select(pipeline.EndAsync));

        Assert.All(ended, run => Assert.Equal((RunState.Succeeded, 1), (run.State, run.Attempt)));
        Assert.Equal(Runs, function.Calls.Select(c => c.RunId).Distinct().Count());
        Assert.Equal(Runs, function.Calls.Count);
        Assert.InRange(function.MostInFlight, 1, 4);
    }

    [Fact]
    public async Task A_flooded_slow_function_does_not_hold_up_another()
    {
        var release = new TaskCompletionSource();
        await using Function slow = await Function.StartAsync((_, _) => release.Task);
        await using Function quick = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("slow", s => s with { ReplicaConcurrency = 1 });
        pipeline.AddReplica("slow", slow.Address, concurrency: 1);
        pipeline.Deploy("quick");
        pipeline.AddReplica("quick", quick.Address);

        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => pipeline.SubmitAsync("slow")));
        string first = await pipeline.SubmitAsync("quick");
        RunView run = await pipeline.RunAsync(first, "?wait=10s");

        Assert.Equal(RunState.Succeeded, run.State);
        release.SetResult();
    }

    [Fact]
    public async Task Priority_decides_who_is_next_when_the_app_is_busy()
    {
        var gate = new SemaphoreSlim(0);
        await using Function function = await Function.StartAsync((context, _) => gate.WaitAsync(context.RequestAborted));
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        pipeline.AddReplica("app", function.Address, concurrency: 1);

        var low = new List<string>();
        for (int i = 0; i < 10; i++)
        {
            low.Add(await pipeline.SubmitAsync("app", "work", "low", ("X-InterCluster-Priority", "low")));
        }

        string high = await pipeline.SubmitAsync("app", "work", "high", ("X-InterCluster-Priority", "high"));
        gate.Release(11);
        await Task.WhenAll(low.Append(high).Select(pipeline.EndAsync));

        // One was running and one was at hand when the urgent one came.
        int place = function.Calls.Select(c => c.RunId).ToList().IndexOf(high);
        Assert.InRange(place, 0, 2);
    }

    [Fact]
    public async Task A_delayed_run_waits_for_its_time_and_then_runs()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Delay", "1s"));
        RunView waiting = await pipeline.RunAsync(id);
        RunView ended = await pipeline.EndAsync(id);

        Assert.Equal(RunState.Scheduled, waiting.State);
        Assert.Equal(RunState.Succeeded, ended.State);
        Assert.True(ended.StartedAt >= waiting.RunAt, $"It began at {ended.StartedAt:O}, before {waiting.RunAt:O}.");
    }

    [Fact]
    public async Task A_run_of_an_app_that_is_deleted_ends_as_failed()
    {
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Delay", "1h"));

        pipeline.Get<Core.Apps.AppCatalog>().Remove(new Core.Naming.AppId(Pipeline.Project, "app"));
        RunView run = await pipeline.EndAsync(id);

        Assert.Equal((RunState.Failed, RunErrors.AppNotFound), (run.State, run.Error));
        using HttpResponseMessage result = await pipeline.Client.GetAsync($"/api/v1/projects/{Pipeline.Project}/runs/{id}/result");
        Assert.Equal(HttpStatusCode.NotFound, result.StatusCode);
        Assert.Contains("app_not_found", await result.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_unknown_app_is_refused_before_any_202()
    {
        await using Pipeline pipeline = await Pipeline.StartAsync();
        using HttpResponseMessage response = await pipeline.SendAsync("nobody", "work", "x");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("app_not_found", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Runs_queued_before_a_restart_are_run_after_it()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        string folder;
        string id;
        await using (Pipeline before = await Pipeline.StartAsync(workers: false, keepFolder: true))
        {
            folder = before.Folder;
            before.Deploy("app");
            id = await before.SubmitAsync("app");
        }

        await using Pipeline after = await Pipeline.StartAsync(
            folder: folder,
            more: services => services.AddCatalogOf("app"));
        after.AddReplica("app", function.Address);
        Assert.Equal(RunState.Succeeded, (await after.EndAsync(id)).State);
    }
}
