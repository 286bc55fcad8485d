using System.Net;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Runs;

/// <summary><c>concurrency</c> of a function: as many of its runs at once as it says, whoever holds them, and no other function waits for it.</summary>
public sealed class FunctionConcurrencyTests
{
    private const int Limit = 2;

    [Fact]
    public async Task Never_more_runs_of_a_function_are_carried_out_than_it_allows_and_sync_calls_go_beside_them()
    {
        int inside = 0, most = 0;
        using var go = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            if (context.Request.Headers["X-InterCluster-Attempt"].Count > 0 && context.Request.Path.StartsWithSegments("/work"))
            {
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                entered.Release();
                await go.WaitAsync();
                Interlocked.Decrement(ref inside);
            }

            await context.Response.WriteAsync("done");
        });
        await using RunApi api = await RunApi.StartAsync();
        api.Host.AddReplica("app", replica.Address);
        var id = new AppId(GatewayHost.Project, "app");
        api.Host.Catalog.Put(new Revision(
            id, 2, new AppConfig
            {
                Name = "app",
                Runtime = new RuntimeConfig(),
                Runs = new RunPolicies { Functions = new Dictionary<string, RunPolicy> { ["work"] = new() { Concurrency = Limit } } },
            },
            DateTimeOffset.UnixEpoch, "test"));
        var invoker = api.Host.Get<IRunInvoker>();

        // As the workers of two processes would: each has claimed more than the limit.
        Task<InvocationResult>[] runs = [.. (await ClaimAsync(api, "work", 6)).Select(run => invoker.InvokeAsync(run, default, default).AsTask())];
        for (int i = 0; i < Limit; i++)
        {
            Assert.True(await entered.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        InvocationResult other = await invoker.InvokeAsync(Assert.Single(await ClaimAsync(api, "other", 1)), default, default);
        using HttpResponseMessage sync = await api.Client.GetAsync($"/v4/{GatewayHost.Project}/app/work");
        Assert.Equal((InvocationOutcome.Answered, HttpStatusCode.OK), (other.Outcome, sync.StatusCode));
        Assert.Equal(0, entered.CurrentCount);
        go.Release(runs.Length);
        InvocationResult[] results = await Task.WhenAll(runs);

        Assert.All(results, r => Assert.Equal(InvocationOutcome.Answered, r.Outcome));
        Assert.Equal(Limit, most);
    }

    private static async Task<IReadOnlyList<ClaimedRun>> ClaimAsync(RunApi api, string function, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await api.SubmitAsync(function);
        }

        return await api.Store.ClaimNextAsync(new FunctionId(new AppId(GatewayHost.Project, "app"), function), count, "test", TimeSpan.FromMinutes(1), default);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = target; value > seen; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
