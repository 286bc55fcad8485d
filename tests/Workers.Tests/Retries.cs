using System.Diagnostics;
using System.Net;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Workers.Tests;

/// <summary>RELIABILITY D22: what is tried again, when, and how often.</summary>
public sealed class Retries
{
    [Fact]
    public async Task A_server_error_is_retried_by_the_formula_until_it_succeeds()
    {
        await using Function function = await Function.StartAsync((context, seen) =>
        {
            context.Response.StatusCode = seen.Attempt < 3 ? 500 : 200;
            return Task.CompletedTask;
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app");
        RunView run = await pipeline.EndAsync(id);

        Assert.Equal((RunState.Succeeded, 3), (run.State, run.Attempt));
        Seen[] calls = [.. function.CallsOf(id)];
        Assert.Equal([1, 2, 3], calls.Select(c => c.Attempt));
        // Never early: base × 2^(n−1) less 20 %. Late only by what the machine is slow.
        Assert.True(Stopwatch.GetElapsedTime(calls[0].At, calls[1].At) >= TimeSpan.FromSeconds(0.8));
        Assert.True(Stopwatch.GetElapsedTime(calls[1].At, calls[2].At) >= TimeSpan.FromSeconds(1.6));
    }

    [Fact]
    public async Task Attempts_used_up_is_dead_with_the_last_answer_and_a_replay_runs_it_again()
    {
        bool well = false;
        await using Function function = await Function.StartAsync(async (context, seen) =>
        {
            context.Response.StatusCode = Volatile.Read(ref well) ? 200 : 503;
            await context.Response.WriteAsync($"attempt {seen.Attempt}");
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Max-Attempts", "2"));
        RunView dead = await pipeline.EndAsync(id);
        Assert.Equal((RunState.Dead, 2, RunErrors.FunctionError, 503), (dead.State, dead.Attempt, dead.Error, dead.Status));
        using (HttpResponseMessage result = await pipeline.Client.GetAsync($"/api/v1/projects/{Pipeline.Project}/runs/{id}/result"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, result.StatusCode);
            Assert.Equal("attempt 2", await result.Content.ReadAsStringAsync());
        }

        Volatile.Write(ref well, true);
        using HttpResponseMessage replayed = await pipeline.Client.PostAsync($"/api/v1/projects/{Pipeline.Project}/runs/{id}/replay", null);
        Assert.Equal(HttpStatusCode.OK, replayed.StatusCode);
        Assert.Equal(RunState.Succeeded, (await pipeline.EndAsync(id)).State);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task A_client_error_is_not_retried(int status)
    {
        await using Function function = await Function.StartAsync((context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        RunView run = await pipeline.EndAsync(await pipeline.SubmitAsync("app"));
        Assert.Equal((RunState.Failed, 1, status), (run.State, run.Attempt, run.Status));
        Assert.Single(function.Calls);
    }

    [Fact]
    public async Task Retry_after_of_the_function_is_honoured()
    {
        await using Function function = await Function.StartAsync((context, seen) =>
        {
            context.Response.StatusCode = seen.Attempt == 1 ? 429 : 200;
            context.Response.Headers.RetryAfter = "3";
            return Task.CompletedTask;
        });
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app");
        Assert.Equal(RunState.Succeeded, (await pipeline.EndAsync(id)).State);
        Seen[] calls = [.. function.CallsOf(id)];
        Assert.True(Stopwatch.GetElapsedTime(calls[0].At, calls[1].At) >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_call_longer_than_the_grace_period_times_out_and_is_dead_without_an_answer()
    {
        await using Function function = await Function.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using Pipeline pipeline = await Pipeline.StartAsync();
        pipeline.Deploy("app", s => s with { ResponseGracePeriod = TimeSpan.FromMilliseconds(300) });
        pipeline.AddReplica("app", function.Address);

        string id = await pipeline.SubmitAsync("app", headers: ("X-InterCluster-Max-Attempts", "1"));
        RunView run = await pipeline.EndAsync(id);
        Assert.Equal((RunState.Dead, RunErrors.RunTimeout), (run.State, run.Error));
        using HttpResponseMessage result = await pipeline.Client.GetAsync($"/api/v1/projects/{Pipeline.Project}/runs/{id}/result");
        Assert.Equal(HttpStatusCode.GatewayTimeout, result.StatusCode);
        Assert.Contains("run_timeout", await result.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_answer_over_the_limit_fails_the_run_at_once()
    {
        await using Function function = await Function.StartAsync((context, _) => context.Response.WriteAsync(new string('x', 2000)));
        await using Pipeline pipeline = await Pipeline.StartAsync(new() { ["InterCluster:Runs:MaxResultBytes"] = "1000" });
        pipeline.Deploy("app");
        pipeline.AddReplica("app", function.Address);

        RunView run = await pipeline.EndAsync(await pipeline.SubmitAsync("app"));
        Assert.Equal((RunState.Failed, RunErrors.ResultTooLarge), (run.State, run.Error));
    }

    [Fact]
    public async Task A_refusal_by_admission_is_not_an_attempt()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        Core.Admission.IAdmission admission = pipeline.Deploy("app", s => s with { ColdStartTimeout = TimeSpan.FromMilliseconds(200) });

        string id = await pipeline.SubmitAsync("app");
        RunView refused;
        do
        {
            refused = await pipeline.RunAsync(id);
        }
        while (refused.State != RunState.Scheduled);
        Assert.Equal(0, refused.Attempt);

        pipeline.AddReplica("app", function.Address);
        RunView run = await pipeline.EndAsync(id);
        Assert.Equal((RunState.Succeeded, 1, 0), (run.State, run.Attempt, run.Crashes));
        Assert.Equal(1, Assert.Single(function.Calls).Attempt);
        Assert.Equal(0, admission.Demand.InFlight);
    }

    [Fact]
    public async Task A_refused_connection_is_not_an_attempt()
    {
        await using Function function = await Function.StartAsync((_, _) => Task.CompletedTask);
        await using Pipeline pipeline = await Pipeline.StartAsync();
        Core.Admission.IAdmission admission = pipeline.Deploy("app", s => s with { LoadBalancingAlgorithm = "first-available" });
        Core.Replicas.Replica dead = pipeline.AddReplica("app", "http://127.0.0.1:1");

        string id = await pipeline.SubmitAsync("app");
        RunView refused;
        do
        {
            refused = await pipeline.RunAsync(id);
        }
        while (refused.State != RunState.Scheduled);

        admission.Remove(dead.Id);
        pipeline.AddReplica("app", function.Address);
        RunView run = await pipeline.EndAsync(id);
        Assert.Equal((RunState.Succeeded, 1), (run.State, run.Attempt));
    }
}
