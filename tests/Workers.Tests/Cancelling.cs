using System.Net;
using System.Net.Http.Json;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Workers.Tests.Harness;

namespace InterCluster.Workers.Tests;

/// <summary>RELIABILITY D23: cancel at each state.</summary>
public sealed class Cancelling
{
    [Fact]
    public async Task A_scheduled_run_never_starts()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);
        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Delay", "2s"));

        RunChangeView change = await CancelAsync(pipeline, id);

        Assert.Equal((true, RunState.Scheduled), (change.Changed, change.PreviousState));
        string probe = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Delay", "3s"));
        await pipeline.EndAsync(probe);
        Assert.Empty(function.CallsOf(id));
        Assert.Equal(RunState.Cancelled, (await pipeline.RunAsync(id)).State);
    }

    [Fact]
    public async Task A_queued_run_never_starts()
    {
        var release = new TaskCompletionSource();
        await using Function function = await Function.StartAsync((_, _) => release.Task);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        pipeline.AddReplica("app", function.Address, concurrency: 1);
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => pipeline.SubmitAsync("app")));
        var cancelled = new List<string>();
        foreach (string id in ids)
        {
            if ((await pipeline.RunAsync(id)).State == RunState.Queued && (await CancelAsync(pipeline, id)).PreviousState == RunState.Queued)
            {
                cancelled.Add(id);
            }
        }

        release.SetResult();
        await Task.WhenAll(ids.Select(pipeline.EndAsync));

        Assert.NotEmpty(cancelled);
        Assert.DoesNotContain(function.Calls, call => cancelled.Contains(call.RunId));
    }

    [Fact]
    public async Task The_call_of_a_running_run_is_aborted_and_its_slot_freed()
    {
        var called = new TaskCompletionSource();
        await using Function function = await Function.StartAsync(async (context, _) =>
        {
            called.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        Core.Admission.IAdmission admission = pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);
        string id = await pipeline.SubmitAsync("app");
        await called.Task;

        RunChangeView change = await CancelAsync(pipeline, id);

        Assert.Equal((true, RunState.Running), (change.Changed, change.PreviousState));
        await function.AbortedAsync(id);
        await Eventually.Async(() => admission.Demand.InFlight == 0);
        using HttpResponseMessage result = await pipeline.Client.GetAsync($"/api/v1/projects/{Pipeline.Project}/runs/{id}/result");
        Assert.Equal(HttpStatusCode.Conflict, result.StatusCode);
        Assert.Contains("\"cancelled\"", await result.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_ended_run_stays_as_it_is()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);
        string id = await pipeline.SubmitAsync("app");
        await pipeline.EndAsync(id);

        RunChangeView change = await CancelAsync(pipeline, id);

        Assert.Equal((false, RunState.Succeeded), (change.Changed, change.PreviousState));
    }

    [Fact]
    public async Task Cancel_racing_completion_leaves_one_terminal_state()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            string id = await pipeline.SubmitAsync("app");
            RunChangeView change = await CancelAsync(pipeline, id);
            RunView ended = await pipeline.EndAsync(id);
            Assert.Equal(change.Changed ? RunState.Cancelled : change.PreviousState, ended.State);
            if (change.PreviousState is RunState.Queued)
            {
                Assert.Empty(function.CallsOf(id));
            }
        }));
    }

    private static async Task<RunChangeView> CancelAsync(Pipeline pipeline, string id) =>
        (await pipeline.Client.DeleteFromJsonAsync<RunChangeView>($"/api/v1/projects/{Pipeline.Project}/runs/{id}", WireJson.Options))!;
}
