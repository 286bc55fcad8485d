namespace InterCluster.Chaos.Harness.Histories;

/// <summary>What a history shows. Every list but the last two must be empty.</summary>
internal sealed record Verdict
{
    /// <summary>Runs that were answered 202 and have no terminal state.</summary>
    public required IReadOnlyList<string> Lost { get; init; }

    /// <summary>Stored runs that nobody asked for.</summary>
    public required IReadOnlyList<string> Ghosts { get; init; }

    /// <summary>Runs whose terminal state has changed.</summary>
    public required IReadOnlyList<string> MultiTerminal { get; init; }

    /// <summary>Runs whose result is not that of the attempt which was settled.</summary>
    public required IReadOnlyList<string> StaleWrites { get; init; }

    /// <summary>Calls that began after their run was terminal, under an attempt that was no older than the settled one.</summary>
    public required IReadOnlyList<string> AfterTerminal { get; init; }

    /// <summary>Calls that share their run and attempt with another one.</summary>
    public required IReadOnlyList<string> SameAttempt { get; init; }

    /// <summary>Runs that succeeded without a call, and calls of runs that the store does not know.</summary>
    public required IReadOnlyList<string> Unfounded { get; init; }

    /// <summary>Calls that began after their run was terminal under an older attempt: they were on their way when their worker lost its lease.</summary>
    public required int LateInFlight { get; init; }

    /// <summary>Calls that no failed call before them explains.</summary>
    public required int Duplicates { get; init; }

    public required int Runs { get; init; }

    public required int Invocations { get; init; }

    public double DuplicateRate => Runs == 0 ? 0 : (double)Duplicates / Runs;

    public bool IsClean => Violations.All(v => v.Runs.Count == 0);

    private IEnumerable<(string Name, IReadOnlyList<string> Runs)> Violations =>
    [
        ("lost", Lost), ("ghosts", Ghosts), ("multi-terminal", MultiTerminal), ("stale writes accepted", StaleWrites),
        ("called after the end", AfterTerminal), ("attempts called twice", SameAttempt), ("unfounded", Unfounded),
    ];

    /// <summary>A line of counters, and a line with examples for each that is not zero.</summary>
    public override string ToString() => string.Join(
        Environment.NewLine,
        Violations.Where(v => v.Runs.Count > 0).Select(v => $"  {v.Name}: {string.Join(", ", v.Runs.Take(10))}").Prepend(
            $"{string.Join(", ", Violations.Select(v => $"{v.Name} {v.Runs.Count}"))}; duplicates {Duplicates} ({DuplicateRate:P2} of {Runs} runs), late in flight {LateInFlight}"));
}
