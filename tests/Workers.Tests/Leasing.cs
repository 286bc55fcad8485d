using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Workers.Leases;
using InterCluster.Workers.Tests.Harness;
using MassTransit;

namespace InterCluster.Workers.Tests;

/// <summary>RELIABILITY D11, D16 and G02: leases, duplicates, graceful stop.</summary>
public sealed class Leasing
{
    [Fact]
    public async Task The_same_message_ten_times_at_once_leads_to_one_invocation()
    {
        var called = new TaskCompletionSource();
        await using Function function = await Function.StartAsync((_, _) =>
        {
            called.TrySetResult();
            return Task.CompletedTask;
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);
        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Delay", "1s"));
        var message = new RunsSubmitted { Project = Pipeline.Project, App = "app", Function = "work", Ids = [Guid.Parse(id)] };
        IBus bus = pipeline.Get<IBus>();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => bus.Publish(message)));
        await called.Task;
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => bus.Publish(message)));
        RunView run = await pipeline.EndAsync(id);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => bus.Publish(message)));
        await pipeline.EndAsync(await pipeline.SubmitAsync("app"));

        Assert.Equal((RunState.Succeeded, 1), (run.State, run.Attempt));
        Assert.Single(function.CallsOf(id));
    }

    [Fact]
    public async Task The_lease_of_a_long_call_is_renewed()
    {
        var release = new TaskCompletionSource();
        await using Function function = await Function.StartAsync((_, _) => release.Task);
        await using Pipeline pipeline = await Pipeline.StartAsync(new()
        {
            ["InterCluster:Workers:Lease"] = "00:00:02",
            ["InterCluster:Workers:RenewEvery"] = "00:00:00.5",
            ["InterCluster:Workers:LeaseMargin"] = "00:00:00.2",
        });
        using var renewed = new Counted(pipeline, "intercluster.worker.renewed", 6);
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app");
        // Six times half a second: longer than the lease.
        await renewed.ReachedAsync();
        release.SetResult();
        RunView run = await pipeline.EndAsync(id);

        Assert.Equal((RunState.Succeeded, 1, 0), (run.State, run.Attempt, run.Crashes));
        Assert.Single(function.Calls);
    }

    [Fact]
    public async Task A_worker_that_hangs_loses_its_run_to_another_and_settles_nothing()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Delay", "1h"));
        RunId run = new(Guid.Parse(id));
        // Another worker takes the run, and hangs.
        var function1 = new FunctionId(new AppId(Pipeline.Project, "app"), "work");
        string queued = await SubmitUnseenAsync(pipeline, function1);
        ClaimedRun claimed = Assert.Single(await pipeline.Store.ClaimAsync(
            [new RunId(Guid.Parse(queued))], "zombie", TimeSpan.FromMilliseconds(300), CancellationToken.None));

        pipeline.AddReplica("app", function.Address);
        RunView ended = await pipeline.EndAsync(queued);

        Assert.Equal((RunState.Succeeded, 2, 1), (ended.State, ended.Attempt, ended.Crashes));
        bool late = Assert.Single(await pipeline.Store.SettleAsync(
            [Settlement.Failed(claimed.Id, claimed.Lease, RunErrors.FunctionError, null)], CancellationToken.None));
        Assert.False(late);
        Assert.Equal(RunState.Succeeded, (await pipeline.RunAsync(queued)).State);
        Assert.Equal(RunState.Scheduled, (await pipeline.RunAsync(run.ToString())).State);
    }

    [Fact]
    public async Task A_call_whose_lease_is_lost_is_aborted()
    {
        await using Function function = await Function.StartAsync((context, seen) =>
            seen.Attempt == 1 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync(new()
        {
            ["InterCluster:Workers:Lease"] = "00:00:01",
            ["InterCluster:Workers:RenewEvery"] = "00:00:00.4",
            ["InterCluster:Workers:LeaseMargin"] = "00:00:00.1",
        });
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);
        string id = await pipeline.SubmitAsync("app");
        await Eventually.Async(() => pipeline.Get<HeldRuns>().Count == 1);

        // As if the store had given the run to somebody else: the lease's number is not this worker's any more.
        HeldRun held = Assert.Single(pipeline.Get<HeldRuns>().All);
        await pipeline.Store.SettleAsync(
            [Settlement.Retry(held.Run.Id, held.Run.Lease, RunErrors.WorkerLost, null, DateTimeOffset.UnixEpoch)], CancellationToken.None);
        RunView run = await pipeline.EndAsync(id);

        Assert.Equal((RunState.Succeeded, 2), (run.State, run.Attempt));
        await function.AbortedAsync(id);
    }

    [Fact]
    public async Task A_stopping_worker_gives_back_what_has_no_slot_and_finishes_what_runs()
    {
        var release = new TaskCompletionSource();
        var called = new TaskCompletionSource();
        await using Function function = await Function.StartAsync(async (_, _) =>
        {
            called.TrySetResult();
            await release.Task;
        });
        Pipeline pipeline = await Pipeline.StartAsync();
        await using (pipeline)
        {
            pipeline.Deploy("app", s => s with { ReplicaConcurrency = 1 });
            pipeline.AddReplica("app", function.Address, concurrency: 1);
            string[] ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => pipeline.SubmitAsync("app")));
            await called.Task;
            WorkerService worker = pipeline.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<WorkerService>().Single();

            Task stopped = worker.StopAsync(CancellationToken.None);
            await Eventually.Async(() => pipeline.Get<HeldRuns>().Count == 1);
            Assert.False(stopped.IsCompleted);
            release.SetResult();
            await stopped;

            RunView[] runs = await Task.WhenAll(ids.Select(id => pipeline.RunAsync(id)));
            Assert.Single(runs, r => r.State == RunState.Succeeded);
            Assert.All(runs.Where(r => r.State != RunState.Succeeded), r =>
            {
                Assert.Contains(r.State, new[] { RunState.Queued, RunState.Scheduled });
                Assert.Equal(0, r.Attempt);
            });
            Assert.Single(function.Calls);
        }
    }

    [Fact]
    public async Task A_run_that_outlasts_the_grace_is_aborted_and_given_back()
    {
        var called = new TaskCompletionSource();
        await using Function function = await Function.StartAsync(async (context, _) =>
        {
            called.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using Pipeline pipeline = await Pipeline.StartAsync(new() { ["InterCluster:Workers:StopGrace"] = "00:00:00.3" });
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);
        string id = await pipeline.SubmitAsync("app");
        await called.Task;

        WorkerService worker = pipeline.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<WorkerService>().Single();
        await worker.StopAsync(CancellationToken.None);

        RunView run = await pipeline.RunAsync(id);
        Assert.Contains(run.State, new[] { RunState.Queued, RunState.Scheduled });
        Assert.Equal(0, run.Attempt);
    }

    // Stored, but announced to nobody: the sweep is slower than the claim that follows.
    private static async Task<string> SubmitUnseenAsync(Pipeline pipeline, FunctionId function)
    {
        var id = RunId.New(TimeProvider.System);
        await pipeline.Store.SubmitAsync(
            new NewRun
            {
                Id = id,
                Function = function,
                Request = new RunRequest("POST", "/work", [], "x"u8.ToArray()),
                CreatedAt = TimeProvider.System.GetUtcNow(),
            },
            CancellationToken.None);
        return id.ToString();
    }
}
