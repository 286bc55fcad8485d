using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Machines;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Chaos.Tests;

/// <summary>A cluster and a ledger for one run at a time, and a replica that takes one call at a time: a slot that is not given back is felt at once.</summary>
public abstract class CrashRig : IAsyncLifetime
{
    // A run has to end by the lease and this (RELIABILITY, crash matrix).
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(2 + 15);
    private int _number;

    internal Cluster Cluster { get; private set; } = null!;

    internal LedgerProcess Ledger { get; private set; } = null!;

    /// <summary>The server that is asked about runs.</summary>
    internal Member Asked { get; set; } = null!;

    private protected abstract ClusterPlan Plan { get; }

    public async ValueTask InitializeAsync()
    {
        Ledger = await LedgerProcess.StartAsync();
        Cluster = await Cluster.StartAsync(
            Plan, "InterCluster:Workers:Lease=00:00:02", "InterCluster:Workers:RenewEvery=00:00:00.5", "InterCluster:Workers:LeaseMargin=00:00:00.5");
        Asked = Cluster.Gateways[0];
        await Cluster.DeployAsync(Ledger.Address, concurrency: 1);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Ledger.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal int NextNumber() => Interlocked.Increment(ref _number);

    /// <summary>Starts a member again with a plan to fail.</summary>
    internal static async Task ArmAsync(Member member, string failures)
    {
        await member.KillAsync();
        member.Failures = failures;
        await member.StartAgainAsync();
    }

    /// <summary>Waits until a member has died of its plan, and starts it without one.</summary>
    internal static async Task ReviveAsync(Member member)
    {
        Assert.True(await member.Process.ExitedAsync(), $"{member.Name} did not come by {member.Failures}:\n{member.Process.Output}");
        await member.Process.DisposeAsync();
        member.Failures = "";
        await member.StartAgainAsync();
    }

    /// <summary>The answer to a submission under the number's own idempotency key; null when it was cut off.</summary>
    internal async Task<(HttpStatusCode Status, string? Run)?> SubmitAsync(int number, TimeSpan delay = default)
    {
        using HttpClient caller = Cluster.NewCaller(Cluster.Gateways[0]);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{Cluster.Project}/{Cluster.App}/append/{number}?async=true");
        request.Headers.Add(WireHeaders.IdempotencyKey, $"crash-{number}");
        if (delay > TimeSpan.Zero)
        {
            request.Headers.Add(WireHeaders.Delay, string.Create(CultureInfo.InvariantCulture, $"{delay.TotalSeconds}s"));
        }

        try
        {
            using HttpResponseMessage answer = await caller.SendAsync(request);
            return (answer.StatusCode, answer.StatusCode == HttpStatusCode.Accepted ? (await answer.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId : null);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>The status of a sync call.</summary>
    internal async Task<HttpStatusCode?> CallAsync()
    {
        using HttpClient caller = Cluster.NewCaller(Cluster.Gateways[0]);
        try
        {
            using HttpResponseMessage answer = await caller.GetAsync($"/v4/{Cluster.Project}/{Cluster.App}/append/0");
            return answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Puts a schedule that calls the ledger every second; its answer may be cut off by the plan of the server to fail.</summary>
    internal async Task PutScheduleAsync(string name, int number)
    {
        using HttpClient admin = await Cluster.NewAdminAsync(Asked);
        try
        {
            using HttpResponseMessage answer = await admin.PutAsJsonAsync(
                SchedulePath(name),
                new { cron = "* * * * * *", app = Cluster.App, function = "append", call = new { path = $"/{number}" }, misfire = "all", misfire_limit = 1000 });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
        }
    }

    /// <summary>Pauses a schedule and tells its fire times, newest first.</summary>
    internal async Task<IReadOnlyList<ScheduleFireView>> StopScheduleAsync(string name)
    {
        using HttpClient admin = await Cluster.NewAdminAsync(Asked);
        using HttpResponseMessage paused = await admin.PostAsync(SchedulePath($"{name}/pause"), null);
        Assert.True(paused.IsSuccessStatusCode, await paused.Content.ReadAsStringAsync());
        return await FiresAsync(name);
    }

    internal async Task<IReadOnlyList<ScheduleFireView>> FiresAsync(string name)
    {
        using HttpClient admin = await Cluster.NewAdminAsync(Asked);
        return (await admin.GetFromJsonAsync<ScheduleHistoryView>(SchedulePath($"{name}/history?limit=1000"), WireJson.Options))!.Fires;
    }

    internal async Task<ScheduleView> ScheduleAsync(string name)
    {
        using HttpClient admin = await Cluster.NewAdminAsync(Asked);
        return (await admin.GetFromJsonAsync<ScheduleView>(SchedulePath(name), WireJson.Options))!;
    }

    private static string SchedulePath(string rest) => $"/api/v1/projects/{Cluster.Project}/schedules/{rest}";

    /// <summary>The runs that are stored of a submission.</summary>
    internal async Task<List<RunView>> StoredAsync(int number)
    {
        RunListView page = await GetAsync<RunListView>("runs?limit=1000");
        return [.. page.Runs.Where(r => r.Path == $"/append/{number}")];
    }

    /// <summary>The only run of a submission when it has ended, with the calls of it.</summary>
    internal async Task<(RunView Run, Invocation[] Calls)> EndAsync(int number)
    {
        RunView? run = null;
        await Until.TrueAsync(
            async () => (run = Assert.Single(await StoredAsync(number))) is { } stored && RunStateMachine.IsTerminal(stored.State), Recovery, $"run {number} ends");
        return (run!, [.. Ledger.Invocations.Where(i => i.RunId == run!.RunId).OrderBy(i => i.Attempt)]);
    }

    /// <summary>Waits until nothing of an earlier test goes on: it would take the only slot.</summary>
    internal Task IdleAsync() => Until.TrueAsync(
        async () =>
        {
            foreach (string state in (string[])["scheduled", "queued", "running"])
            {
                if ((await GetAsync<RunListView>($"runs?state={state}&limit=1")).Runs.Count > 0)
                {
                    return false;
                }
            }

            return true;
        },
        Recovery,
        "every run has ended");

    internal async Task<string> ResultAsync(string run)
    {
        using HttpClient caller = Cluster.NewCaller(Asked);
        return await caller.GetStringAsync($"/api/v1/projects/{Cluster.Project}/runs/{run}/result");
    }

    private async Task<T> GetAsync<T>(string path)
    {
        using HttpClient caller = Cluster.NewCaller(Asked);
        return (await caller.GetFromJsonAsync<T>($"/api/v1/projects/{Cluster.Project}/{path}", WireJson.Options))!;
    }
}

public sealed class EmbeddedRig : CrashRig
{
    private protected override ClusterPlan Plan => ClusterPlan.Embedded;
}

public sealed class DistributedRig : CrashRig
{
    private protected override ClusterPlan Plan => ClusterPlan.Apart;
}
