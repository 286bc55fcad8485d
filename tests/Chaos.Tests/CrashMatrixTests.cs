using System.Globalization;
using System.Net;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Machines;
using InterCluster.Core.Failures;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;

namespace InterCluster.Chaos.Tests;

/// <summary>
/// The crash matrix of RELIABILITY B.2 on one process: killed with -9 between any two steps of a run, and what is left must be what the table allows.
/// <c>INTERCLUSTER_CRASHES</c> says how often each (1).
/// </summary>
public sealed class CrashMatrixTests(EmbeddedRig rig) : IClassFixture<EmbeddedRig>
{
    private static readonly int Times = int.TryParse(Environment.GetEnvironmentVariable("INTERCLUSTER_CRASHES"), CultureInfo.InvariantCulture, out int n) ? n : 1;

    private Member Server => rig.Cluster.Members[0];

    /// <param name="point">Where it is killed.</param>
    /// <param name="stored">Whether the run is there afterwards, before its caller repeats it.</param>
    /// <param name="calls">Calls of the function.</param>
    /// <param name="crashes">Workers that died with the run.</param>
    [Theory]
    [InlineData(FailurePoint.SubmissionChecked, false, 1, 0)]
    [InlineData(FailurePoint.SubmissionWritten, false, 1, 0)]
    [InlineData(FailurePoint.SubmissionCommitted, true, 1, 0)]
    [InlineData(FailurePoint.AnnouncerWoken, true, 1, 0)]
    [InlineData(FailurePoint.AnnouncementTaken, true, 1, 0)]
    [InlineData(FailurePoint.AnnouncementReceived, true, 1, 0)]
    [InlineData(FailurePoint.RunsOffered, true, 1, 0)]
    [InlineData(FailurePoint.RunClaimed, true, 1, 1)]
    [InlineData(FailurePoint.SlotTaken, true, 1, 1)]
    [InlineData(FailurePoint.AnswerBegun, true, 2, 1)]
    [InlineData(FailurePoint.SlotNotReleased, true, 2, 1)]
    [InlineData(FailurePoint.AnswerRead, true, 2, 1)]
    [InlineData(FailurePoint.RunSettled, true, 1, 0)]
    public async Task A_kill_leaves_what_the_table_allows(FailurePoint point, bool stored, int calls, int crashes)
    {
        for (int time = 0; time < Times; time++)
        {
            int number = rig.NextNumber();
            await CrashRig.ArmAsync(Server, $"{point}=kill");
            (HttpStatusCode Status, string? Run)? answer = await rig.SubmitAsync(number);
            await CrashRig.ReviveAsync(Server);

            Assert.True(answer is null or { Status: HttpStatusCode.Accepted });
            Assert.True(stored || answer is null, "202 without a run");
            Assert.Equal(stored ? 1 : 0, (await rig.StoredAsync(number)).Count);
            string repeated = (await rig.SubmitAsync(number))!.Value.Run!;
            (RunView run, Invocation[] made) = await rig.EndAsync(number);
            Assert.Equal((RunState.Succeeded, repeated), (run.State, run.RunId));
            Assert.Equal(answer?.Run ?? repeated, repeated);
            Assert.Equal((calls, crashes), (made.Length, run.Crashes));
            AssertLastCallCounts(run, made, await rig.ResultAsync(run.RunId));
        }
    }

    // H1, H2.
    [Theory]
    [InlineData(FailurePoint.FireDue)]
    [InlineData(FailurePoint.FireWritten)]
    [InlineData(FailurePoint.FireCommitted)]
    public async Task A_kill_while_a_schedule_fires_leaves_one_run_for_each_fire_time(FailurePoint point)
    {
        int number = rig.NextNumber();
        string name = $"beat-{number}";
        await CrashRig.ArmAsync(Server, $"{point}=kill");
        await rig.PutScheduleAsync(name, number);
        await CrashRig.ReviveAsync(Server);

        ScheduleView schedule = await rig.ScheduleAsync(name);
        await Until.TrueAsync(async () => (await rig.FiresAsync(name)).Count >= 4, TimeSpan.FromSeconds(20), "the schedule goes on");
        IReadOnlyList<ScheduleFireView> fires = await rig.StopScheduleAsync(name);
        await rig.IdleAsync();

        Assert.All(fires, f => Assert.Equal(FireOutcome.Fired, f.Outcome));
        Assert.InRange(fires[^1].FireTime - schedule.CreatedAt, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(0, fires.Count).Select(i => fires[0].FireTime.AddSeconds(-i)), fires.Select(f => f.FireTime));
        Assert.Equal(fires.Select(f => f.RunId).Order(), (await rig.StoredAsync(number)).Select(r => r.RunId).Order());
    }

    [Theory]
    [InlineData(FailurePoint.AnnouncementPublished)]
    [InlineData(FailurePoint.AnnouncementRouted)]
    public async Task A_kill_after_a_message_has_left_may_call_twice_and_ends_once(FailurePoint point)
    {
        int number = rig.NextNumber();
        await CrashRig.ArmAsync(Server, $"{point}=kill");
        await rig.SubmitAsync(number);
        await CrashRig.ReviveAsync(Server);

        await rig.SubmitAsync(number);
        (RunView run, Invocation[] made) = await rig.EndAsync(number);
        Assert.Equal(RunState.Succeeded, run.State);
        Assert.InRange(made.Length, 1, 2);
        AssertLastCallCounts(run, made, await rig.ResultAsync(run.RunId));
    }

    [Fact]
    public async Task A_kill_while_the_function_works_calls_it_again_under_the_next_attempt()
    {
        int number = rig.NextNumber();
        await rig.Ledger.HoldAsync();
        string id = (await rig.SubmitAsync(number))!.Value.Run!;
        await Until.TrueAsync(() => Task.FromResult(rig.Ledger.Invocations.Any(i => i.RunId == id)), "the function is called");

        await Server.KillAsync();
        await rig.Ledger.FreeAsync();
        await Server.StartAgainAsync();

        (RunView run, Invocation[] made) = await rig.EndAsync(number);
        Assert.Equal((RunState.Succeeded, 1), (run.State, run.Crashes));
        Assert.Equal([1, 2], made.Select(m => m.Attempt));
        AssertLastCallCounts(run, made, await rig.ResultAsync(id));
    }

    [Fact]
    public async Task A_kill_while_a_sync_call_holds_the_only_slot_frees_it()
    {
        await rig.IdleAsync();
        await rig.Ledger.HoldAsync();
        int before = rig.Ledger.Invocations.Count;
        Task<HttpStatusCode?> cut = rig.CallAsync();
        await Until.TrueAsync(() => Task.FromResult(rig.Ledger.Invocations.Count > before), "the replica has the call");

        await Server.KillAsync();
        await rig.Ledger.FreeAsync();
        await Server.StartAgainAsync();

        Assert.Null(await cut);
        long ready = TimeProvider.System.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, await rig.CallAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(ready), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_kill_after_due_runs_were_moved_and_not_announced_starts_them_after_all()
    {
        int number = rig.NextNumber();
        await CrashRig.ArmAsync(Server, $"{FailurePoint.RunsSwept}=kill");
        Assert.Equal(HttpStatusCode.Accepted, (await rig.SubmitAsync(number, delay: TimeSpan.FromSeconds(1)))!.Value.Status);
        await CrashRig.ReviveAsync(Server);

        (RunView run, Invocation[] made) = await rig.EndAsync(number);
        Assert.Equal((RunState.Succeeded, 1, 1), (run.State, run.Attempt, made.Length));
    }

    /// <summary>A4 and B1 without a crash: the announcer sleeps for ever, and the sweep starts the run within 5 s.</summary>
    [Theory]
    [InlineData(FailurePoint.AnnouncerWoken)]
    [InlineData(FailurePoint.AnnouncementTaken)]
    [InlineData(FailurePoint.AnnouncementReceived)]
    public async Task A_lost_announcement_costs_at_most_a_sweep(FailurePoint point)
    {
        int number = rig.NextNumber();
        await CrashRig.ArmAsync(Server, $"{point}=hang");
        Assert.Equal(HttpStatusCode.Accepted, (await rig.SubmitAsync(number))!.Value.Status);

        (RunView run, Invocation[] made) = await rig.EndAsync(number);
        await CrashRig.ArmAsync(Server, "");
        Assert.Equal((RunState.Succeeded, 1), (run.State, made.Length));
        // 5 s of the promise, and what a loaded machine adds.
        Assert.InRange(made[0].Start - run.CreatedAt, TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }

    [Theory]
    [InlineData(FailurePoint.AnnouncementTaken, 0, 1)]
    [InlineData(FailurePoint.AnnouncementPublished, 0, 1)]
    [InlineData(FailurePoint.AnnouncementReceived, 0, 1)]
    [InlineData(FailurePoint.AnnouncementRouted, 0, 1)]
    [InlineData(FailurePoint.RunsOffered, 0, 1)]
    [InlineData(FailurePoint.RunClaimed, 1, 1)]
    [InlineData(FailurePoint.AnswerRead, 1, 2)]
    public async Task A_failure_in_the_middle_is_mended_without_a_restart(FailurePoint point, int crashes, int calls)
    {
        int number = rig.NextNumber();
        await CrashRig.ArmAsync(Server, $"{point}=throw@1");
        Assert.Equal(HttpStatusCode.Accepted, (await rig.SubmitAsync(number))!.Value.Status);

        (RunView run, Invocation[] made) = await rig.EndAsync(number);
        Assert.Equal((RunState.Succeeded, crashes, calls), (run.State, run.Crashes, made.Length));
        AssertLastCallCounts(run, made, await rig.ResultAsync(run.RunId));
    }

    [Fact]
    public async Task A_commit_that_fails_is_503_and_leaves_no_run()
    {
        int number = rig.NextNumber();
        await CrashRig.ArmAsync(Server, $"{FailurePoint.SubmissionWritten}=throw@1");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await rig.SubmitAsync(number))!.Value.Status);
        Assert.Empty(await rig.StoredAsync(number));
        Assert.Equal(HttpStatusCode.Accepted, (await rig.SubmitAsync(number))!.Value.Status);
        Assert.Equal(RunState.Succeeded, (await rig.EndAsync(number)).Run.State);
    }

    [Fact]
    public async Task A_plan_that_makes_no_sense_ends_the_start()
    {
        await using ChildProcess server = ChildProcess.Start(
            "intercluster-server", ["--data", Path.Combine(Path.GetTempPath(), "never")], KeyValuePair.Create(Failpoint.Variable, "Nowhere=kill"));

        Assert.True(await server.ExitedAsync());
        await Until.TrueAsync(() => Task.FromResult(server.Output.Contains("Nowhere=kill", StringComparison.Ordinal)), "the mistake is named");
    }

    private static void AssertLastCallCounts(RunView run, Invocation[] made, string result)
    {
        Assert.Equal(made.Length, made.Select(m => m.Attempt).Distinct().Count());
        Assert.Equal(run.Attempt, made[^1].Attempt);
        Assert.Equal(made[^1].Serial, result);
    }
}
