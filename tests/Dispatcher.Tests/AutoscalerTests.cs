using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Core.Scaling;

namespace InterCluster.Dispatcher.Tests;

public sealed class AutoscalerTests
{
    [Fact]
    public async Task Three_waiting_at_concurrency_one_start_three_at_once()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with { MaxReplicas = 5, ReplicaConcurrency = 1 });
        Assert.Equal(0, scaler.Autoscaler.Desired(Scaler.App));

        Task<AdmissionResult>[] calls = [scaler.CallAsync(), scaler.CallAsync(), scaler.CallAsync()];
        await scaler.Autoscaler.RunOnceAsync(default);

        Assert.Equal(3, scaler.Fleet.Describe(Scaler.App)!.Desired);
        Assert.All(calls, call => Assert.False(call.IsCompleted));
    }

    [Fact]
    public async Task Calls_per_second_bring_replicas_and_their_end_takes_them_away_after_window_and_cooldown()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with
        {
            Metric = ScalingMetrics.RequestsPerSecond, Target = 5, MinReplicas = 1, MaxReplicas = 10, ReplicaConcurrency = 100,
            EvaluationInterval = TimeSpan.FromSeconds(10), Cooldown = TimeSpan.FromSeconds(5),
        });
        scaler.AddReplica(100);

        // 20 calls a second, each over at once: never more than one in flight.
        for (int i = 0; i < 12 * 20; i++)
        {
            (await scaler.CallAsync()).Slot.Release();
            await scaler.LiveAsync(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(4, scaler.Autoscaler.Desired(Scaler.App));
        ScalingRecord kept = scaler.Autoscaler.Recent(Scaler.App)[0];
        Assert.InRange(kept.Inputs.Measured!.Value, 15, 20.5);
        Assert.Contains("requests_per_second", kept.Decision.Reason, StringComparison.Ordinal);

        await scaler.LiveAsync(TimeSpan.FromSeconds(4));
        Assert.True(scaler.Autoscaler.Desired(Scaler.App) > 1, "before the cooldown was over");
        await scaler.LiveAsync(TimeSpan.FromSeconds(16));
        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));
    }

    [Theory]
    [InlineData(ScalingMetrics.CpuUtilization)]
    [InlineData(ScalingMetrics.MemoryUtilization)]
    public async Task What_the_replicas_use_of_what_they_are_given_brings_replicas(string metric)
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with
        {
            Metric = metric, Target = 50, MinReplicas = 1, MaxReplicas = 10, EvaluationInterval = TimeSpan.FromSeconds(10), Cooldown = TimeSpan.FromSeconds(5),
        });

        // 1.8 of 2 processors, 3.6 of 4 GB: 90 %.
        await LiveAsync(cpuPerSecond: 1.8, memory: 3_600_000_000);
        Assert.Equal(2, scaler.Autoscaler.Desired(Scaler.App));
        Assert.InRange(scaler.Autoscaler.Recent(Scaler.App)[0].Inputs.Measured!.Value, 89.9, 90.1);

        // 20 %.
        await LiveAsync(cpuPerSecond: 0.4, memory: 800_000_000);
        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));

        // Nobody can tell: as many as there are.
        await LiveAsync(cpuPerSecond: 1.8, memory: 3_600_000_000);
        scaler.Fleet.Used = [];
        await scaler.LiveAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, scaler.Autoscaler.Desired(Scaler.App));

        async Task LiveAsync(double cpuPerSecond, long memory)
        {
            for (int i = 0; i < 50; i++)
            {
                TimeSpan before = scaler.Fleet.Used.Count == 0 ? default : scaler.Fleet.Used[0].Cpu;
                scaler.Fleet.Used = [new ReplicaUsage(new ReplicaId("r1"), before + TimeSpan.FromSeconds(cpuPerSecond / 2), memory)];
                await scaler.LiveAsync(TimeSpan.FromSeconds(0.5));
            }
        }
    }

    [Fact]
    public async Task A_waiting_call_wakes_the_loop()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s);
        // The deploy's own mark is used up first.
        await scaler.Autoscaler.WaitAsync(default);
        Task woken = scaler.Autoscaler.WaitAsync(default).AsTask();
        Assert.False(woken.IsCompleted);

        _ = scaler.CallAsync();

        await woken.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Down_to_the_minimum_only_after_a_whole_cooldown_without_load()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with { MaxReplicas = 2, ReplicaConcurrency = 1, Cooldown = TimeSpan.FromSeconds(10) });
        Task<AdmissionResult> call = scaler.CallAsync();
        await scaler.Autoscaler.RunOnceAsync(default);
        scaler.AddReplica(1);
        AdmissionResult admitted = await call;

        await scaler.LiveAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));

        admitted.Slot.Release();
        await scaler.LiveAsync(TimeSpan.FromSeconds(9.9));
        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));
        await scaler.LiveAsync(TimeSpan.FromSeconds(1.5));
        Assert.Equal(0, scaler.Autoscaler.Desired(Scaler.App));
    }

    [Fact]
    public async Task A_call_that_comes_as_the_last_replica_goes_wakes_the_app_again()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with { ReplicaConcurrency = 1, Cooldown = TimeSpan.FromSeconds(1) });
        Task<AdmissionResult> first = scaler.CallAsync();
        await scaler.Autoscaler.RunOnceAsync(default);
        Core.Replicas.Replica replica = scaler.AddReplica(1);
        (await first).Slot.Release();
        await scaler.LiveAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(0, scaler.Autoscaler.Desired(Scaler.App));

        // The fleet suspends it on its way out; a call comes.
        scaler.Admission.Suspend(replica.Id);
        Task<AdmissionResult> late = scaler.CallAsync();
        await scaler.Autoscaler.RunOnceAsync(default);

        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));
        scaler.Admission.Resume(replica.Id);
        Assert.True((await late).Granted);
    }

    [Fact]
    public async Task Queued_runs_are_demand_and_the_maximum_caps_it()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with { MaxReplicas = 3, ReplicaConcurrency = 2 });
        for (int i = 0; i < 3; i++)
        {
            await SubmitAsync(scaler);
        }

        await scaler.LiveAsync(TimeSpan.FromMilliseconds(50));
        await scaler.Depths.ReadAsync(default);
        scaler.Autoscaler.DepthsRead();
        await scaler.Autoscaler.RunOnceAsync(default);
        Assert.Equal(2, scaler.Autoscaler.Desired(Scaler.App));

        for (int i = 0; i < 20; i++)
        {
            await SubmitAsync(scaler);
        }

        await scaler.Depths.ReadAsync(default);
        scaler.Autoscaler.DepthsRead();
        await scaler.Autoscaler.RunOnceAsync(default);
        Assert.Equal(3, scaler.Autoscaler.Desired(Scaler.App));
    }

    [Fact]
    public async Task A_function_with_a_limit_drives_no_more_replicas_than_it_can_use()
    {
        await using var scaler = new Scaler();
        var policies = new RunPolicies { Functions = new Dictionary<string, RunPolicy> { ["work"] = new() { Concurrency = 2 } } };
        await scaler.DeployAsync(s => s with { MaxReplicas = 50, ReplicaConcurrency = 1, Cooldown = TimeSpan.Zero }, runs: policies);
        for (int i = 0; i < 1000; i++)
        {
            await SubmitAsync(scaler);
        }

        await scaler.LiveAsync(TimeSpan.FromMilliseconds(50));
        scaler.Autoscaler.DepthsRead();
        await scaler.Autoscaler.RunOnceAsync(default);
        Assert.Equal(2, scaler.Autoscaler.Desired(Scaler.App));
        Assert.Contains("998 of them held back", scaler.Autoscaler.Recent(Scaler.App)[0].Decision.Reason, StringComparison.Ordinal);

        // Two are claimed: their calls are in flight or, between two runs, are not.
        Assert.Equal(2, (await scaler.Store.ClaimNextAsync(new FunctionId(Scaler.App, "work"), 2, "worker", TimeSpan.FromHours(1), default)).Count);
        scaler.AddReplica(1);
        scaler.AddReplica(1);
        foreach (int inFlight in new[] { 0, 2, 0 })
        {
            AdmissionResult[] calls = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => scaler.CallAsync()));
            await scaler.LiveAsync(TimeSpan.FromSeconds(2));
            Assert.Equal(2, scaler.Autoscaler.Desired(Scaler.App));
            Array.ForEach(calls, call => call.Slot.Release());
        }

        // Other functions are not held back by it.
        await SubmitAsync(scaler, "other");
        await SubmitAsync(scaler, "other");
        await scaler.LiveAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(4, scaler.Autoscaler.Desired(Scaler.App));
    }

    [Fact]
    public async Task Depths_that_are_not_known_scale_nothing_down()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with { Cooldown = TimeSpan.FromSeconds(10) });
        Task<AdmissionResult> call = scaler.CallAsync();
        await scaler.Autoscaler.RunOnceAsync(default);
        scaler.AddReplica(1);
        (await call).Slot.Release();

        for (int i = 0; i < 200; i++)
        {
            scaler.Time.Advance(TimeSpan.FromMilliseconds(500));
            await scaler.Autoscaler.RunOnceAsync(default);
        }

        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));
        await scaler.LiveAsync(TimeSpan.FromSeconds(25));
        Assert.Equal(0, scaler.Autoscaler.Desired(Scaler.App));
    }

    [Fact]
    public async Task A_fleet_that_has_not_heard_of_the_app_is_asked_again()
    {
        await using var scaler = new Scaler();
        scaler.Fleet.KnowsNothing = true;
        await scaler.DeployAsync(s => s with { MinReplicas = 2, MaxReplicas = 2 });
        Assert.Empty(scaler.Fleet.Set);

        scaler.Fleet.KnowsNothing = false;
        await scaler.LiveAsync(TimeSpan.FromMilliseconds(200));

        Assert.Equal(2, scaler.Fleet.Describe(Scaler.App)!.Desired);
    }

    [Fact]
    public async Task An_admission_that_was_replaced_is_listened_to_again()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s);
        scaler.Admissions.Remove(Scaler.App);
        scaler.Admissions.GetOrAdd(Scaler.App, new AdmissionPolicy());
        _ = scaler.CallAsync();

        scaler.Autoscaler.DepthsRead();
        await scaler.Autoscaler.RunOnceAsync(default);

        Assert.Equal(1, scaler.Autoscaler.Desired(Scaler.App));
    }

    [Fact]
    public async Task Every_change_is_kept_with_its_inputs_and_reason()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s with { MaxReplicas = 2, ReplicaConcurrency = 1 });
        _ = scaler.CallAsync();
        await scaler.Autoscaler.RunOnceAsync(default);
        _ = scaler.CallAsync();
        await scaler.Autoscaler.RunOnceAsync(default);

        IReadOnlyList<ScalingRecord> history = scaler.Autoscaler.Recent(Scaler.App);
        Assert.Equal([2, 1], history.Select(r => r.Decision.Desired));
        Assert.Equal([2, 1], history.Select(r => r.Inputs.Waiting));
        Assert.All(history, r => Assert.Contains("waiting", r.Decision.Reason));
    }

    [Fact]
    public async Task An_app_to_which_nothing_happens_costs_nothing()
    {
        await using var scaler = new Scaler();
        await scaler.DeployAsync(s => s);
        int before = scaler.Fleet.Set.Count;
        await scaler.LiveAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(before, scaler.Fleet.Set.Count);
        Assert.Empty(scaler.Autoscaler.Recent(Scaler.App));
    }

    private static async Task SubmitAsync(Scaler scaler, string function = "work") => await scaler.Store.SubmitAsync(
        new NewRun
        {
            Id = RunId.New(scaler.Time),
            Function = new FunctionId(Scaler.App, function),
            Request = new RunRequest("POST", "/work", [], default),
            CreatedAt = scaler.Time.GetUtcNow(),
        },
        default);
}
