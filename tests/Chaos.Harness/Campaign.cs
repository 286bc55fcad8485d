using InterCluster.Chaos.Harness.Faults;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Load;
using InterCluster.Chaos.Harness.Machines;

namespace InterCluster.Chaos.Harness;

/// <summary>Submits while everything is killed, waits until all is quiet, and holds what happened to the promises.</summary>
internal sealed class Campaign(CampaignOptions options, Action<string> log)
{
    public async Task<CampaignReport> RunAsync(CancellationToken ct)
    {
        await using LedgerProcess ledger = await LedgerProcess.StartAsync(options.Latency, options.Failures, options.Seed);
        await using Cluster cluster = await Cluster.StartAsync(options.Plan);
        await cluster.DeployAsync(ledger.Address);
        log($"{options.Plan.Name}: {string.Join(", ", cluster.Victims.Select(v => v.Name))} are up");
        long began = TimeProvider.System.GetTimestamp();
        var callers = new Callers(cluster, options.Runs, options.Over);
        var nemesis = new Nemesis(cluster.Victims, new Random(options.Seed), options.Pace, deed => log($"{TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s, {callers.Accepted.Count} accepted: {deed}"));
        using var reader = new RunReader(cluster);

        await UnderFireAsync(callers, nemesis, reader, ct);
        log("No more faults; waiting until every run has ended");
        await Until.TryAsync(() => reader.IsQuietAsync(ct), options.Patience);
        await reader.ReadAllAsync(ct);
        // What was terminal still is, with the same attempt and time, when everything has died once more.
        await RestartAsync(cluster);
        IReadOnlyDictionary<string, int> unfinished = (await reader.ReadAllAsync(ct)).ToDictionary(r => r.RunId, r => RunReader.Number(r));
        IReadOnlyList<Invocation> calls = ledger.Invocations;
        Verdict verdict = HistoryChecker.Check(new History
        {
            Accepted = callers.Accepted,
            CutOff = callers.CutOff,
            Sightings = [.. reader.Sightings.Keys],
            Unfinished = unfinished,
            Invocations = calls,
            Results = await ResultsAsync(reader, calls, ct),
        });
        return Report(callers, nemesis, reader, verdict, TimeProvider.System.GetElapsedTime(began));
    }

    private async Task UnderFireAsync(Callers callers, Nemesis nemesis, RunReader reader, CancellationToken ct)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task submitting = callers.RunAsync(options.Connections, ct);
        Task watching = reader.WatchAsync(done.Token);
        await nemesis.RunAsync(() => submitting.IsCompleted, ct);
        await submitting;
        await done.CancelAsync();
        await watching;
    }

    private static async Task RestartAsync(Cluster cluster)
    {
        foreach (Member member in cluster.Members)
        {
            await member.KillAsync();
        }

        foreach (Member member in cluster.Members)
        {
            await member.StartAgainAsync();
        }
    }

    // Only where there was more than one call can the result be another's.
    private static async Task<Dictionary<string, string>> ResultsAsync(RunReader reader, IReadOnlyList<Invocation> calls, CancellationToken ct)
    {
        var results = new Dictionary<string, string>();
        foreach (string run in calls.GroupBy(c => c.RunId).Where(c => c.Skip(1).Any()).Select(c => c.Key))
        {
            if (await reader.ResultAsync(run, ct) is { } result)
            {
                results[run] = result;
            }
        }

        return results;
    }

    private CampaignReport Report(Callers callers, Nemesis nemesis, RunReader reader, Verdict verdict, TimeSpan took) => new()
    {
        Options = options,
        Verdict = verdict,
        Unexpected = [.. callers.Unexpected],
        Accepted = callers.Accepted.Count,
        NotReached = callers.NotReached,
        Refused = callers.Refused,
        CutOff = callers.CutOff.Values.Sum(),
        Done = nemesis.Done,
        Times = [.. reader.Times.Values.Order()],
        Took = took,
    };
}
