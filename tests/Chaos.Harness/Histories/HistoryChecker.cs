using InterCluster.Core.Runs;

namespace InterCluster.Chaos.Harness.Histories;

/// <summary>Holds a history to the promises. Knows nothing of the system: only sets, states and times.</summary>
internal static class HistoryChecker
{
    public static Verdict Check(History history)
    {
        ILookup<string, Sighting> seen = history.Sightings.ToLookup(s => s.RunId);
        ILookup<string, Invocation> calls = history.Invocations.ToLookup(i => i.RunId);
        (List<string> after, int late) = AfterTerminal(seen, history.Invocations);
        return new Verdict
        {
            Lost = [.. history.Accepted.Keys.Where(id => !seen.Contains(id))],
            Ghosts = Ghosts(history, seen),
            MultiTerminal = [.. seen.Where(s => s.Select(x => (x.State, x.Attempt, x.FinishedAt)).Distinct().Skip(1).Any()).Select(s => s.Key)],
            StaleWrites = [.. history.Results.Where(r => IsStale(r, seen, calls)).Select(r => r.Key)],
            AfterTerminal = after,
            SameAttempt = [.. history.Invocations.GroupBy(i => (i.RunId, i.Attempt)).Where(g => g.Skip(1).Any()).Select(g => $"{g.Key.RunId} attempt {g.Key.Attempt}")],
            Unfounded = Unfounded(history, seen, calls),
            LateInFlight = late,
            Duplicates = calls.Sum(Duplicates),
            Runs = seen.Count,
            Invocations = history.Invocations.Count,
        };
    }

    // A run that nobody was told of comes from an answer that was cut off, and there are no more of them than that.
    private static List<string> Ghosts(History history, ILookup<string, Sighting> seen)
    {
        IEnumerable<(string Id, int Number)> stored = seen.Select(s => (s.Key, s.First().Number)).Concat(history.Unfinished.Select(u => (u.Key, u.Value)));
        return
        [
            .. stored.Where(run => !history.Accepted.ContainsKey(run.Id)).GroupBy(run => run.Number)
                .SelectMany(untold => untold.Skip(history.CutOff.GetValueOrDefault(untold.Key))).Select(run => run.Id),
        ];
    }

    // Only these two states say that the stored result is the settled attempt's: a dead run may show that of an earlier one.
    private static bool IsStale(KeyValuePair<string, string> result, ILookup<string, Sighting> seen, ILookup<string, Invocation> calls)
    {
        if (seen[result.Key].LastOrDefault(s => s.State is RunState.Succeeded or RunState.Failed) is not { } end)
        {
            return false;
        }

        return calls[result.Key].FirstOrDefault(c => c.Serial == result.Value)?.Attempt != end.Attempt;
    }

    private static (List<string> Runs, int Late) AfterTerminal(ILookup<string, Sighting> seen, IEnumerable<Invocation> invocations)
    {
        var after = new List<string>();
        int late = 0;
        foreach (Invocation call in invocations)
        {
            if (seen[call.RunId].MinBy(s => s.FinishedAt) is { } end && call.Start > end.FinishedAt)
            {
                if (call.Attempt < end.Attempt)
                {
                    late++;
                }
                else
                {
                    after.Add($"{call.RunId} attempt {call.Attempt}");
                }
            }
        }

        return (after, late);
    }

    private static List<string> Unfounded(History history, ILookup<string, Sighting> seen, ILookup<string, Invocation> calls) =>
    [
        .. seen.Where(s => s.Any(x => x.State == RunState.Succeeded) && !calls.Contains(s.Key)).Select(s => s.Key),
        .. calls.Select(c => c.Key).Where(id => !seen.Contains(id) && !history.Unfinished.ContainsKey(id) && !history.Accepted.ContainsKey(id)),
    ];

    private static int Duplicates(IGrouping<string, Invocation> calls) => Math.Max(0, calls.Count() - 1 - calls.Count(c => c.Status >= 400));
}
