using InterCluster.Core.Runs;

namespace InterCluster.Chaos.Harness.Histories;

/// <summary>A call of the function, as the function's own ledger has it.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Attempt">The attempt that it was called with.</param>
/// <param name="Serial">The ledger's name for this call; also its answer, so that a stored result tells which call it came from.</param>
/// <param name="Start">When it began.</param>
/// <param name="Status">What it answered; null while it has not.</param>
internal sealed record Invocation(string RunId, int Attempt, string Serial, DateTimeOffset Start, int? Status);

/// <summary>A run in a terminal state, as somebody saw it at some time.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Number">The submission that it came from.</param>
/// <param name="State">The state.</param>
/// <param name="Attempt">The attempt that was settled.</param>
/// <param name="FinishedAt">When it became terminal.</param>
internal sealed record Sighting(string RunId, int Number, RunState State, int Attempt, DateTimeOffset FinishedAt);

/// <summary>What happened, from three sides: those who submitted, the store, and the function.</summary>
internal sealed record History
{
    /// <summary>The submission's number of each run that was answered 202.</summary>
    public required IReadOnlyDictionary<string, int> Accepted { get; init; }

    /// <summary>How many answers were cut off, by submission, where the repetition could not say that it was one: each may have become a run.</summary>
    public required IReadOnlyDictionary<int, int> CutOff { get; init; }

    /// <summary>Terminal states, each as often as it was seen.</summary>
    public required IReadOnlyCollection<Sighting> Sightings { get; init; }

    /// <summary>Runs that were not terminal at the end, with their submission's number.</summary>
    public required IReadOnlyDictionary<string, int> Unfinished { get; init; }

    /// <summary>The function's ledger.</summary>
    public required IReadOnlyCollection<Invocation> Invocations { get; init; }

    /// <summary>The stored result of runs: of those that were called more than once, at least.</summary>
    public IReadOnlyDictionary<string, string> Results { get; init; } = new Dictionary<string, string>();
}
