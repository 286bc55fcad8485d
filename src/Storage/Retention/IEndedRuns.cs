using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Retention;

/// <summary>The runs that have ended, for whoever removes them. Every removal is one commit of at most <c>limit</c> runs.</summary>
internal interface IEndedRuns
{
    /// <summary>The functions that have or had runs.</summary>
    ValueTask<IReadOnlyList<NumberedFunction>> FunctionsAsync(CancellationToken ct);

    /// <summary>Those of which there is something to remove.</summary>
    ValueTask<IReadOnlyList<Keeping>> OverAsync(KeptThing thing, IReadOnlyList<Keeping> kept, CancellationToken ct);

    /// <summary>Removes runs whose time is over, the oldest first, with all that belongs to them; how many.</summary>
    ValueTask<int> RemoveAsync(Keeping kept, int limit, CancellationToken ct);

    /// <summary>Removes the answers of runs whose time is over, the oldest first; how many runs it looked at.</summary>
    ValueTask<int> RemoveResultsAsync(Keeping kept, int limit, CancellationToken ct);

    /// <summary>Removes batches that were opened longer ago than this and have no run that has not ended, at most <paramref name="limit"/>; how many.</summary>
    ValueTask<int> RemoveBatchesAsync(TimeSpan age, int limit, CancellationToken ct);
}

/// <summary>A function and the store's number of it.</summary>
internal readonly record struct NumberedFunction(int Number, FunctionId Function);

/// <summary>How long the runs of a function that ended in a state, or their answers, are kept.</summary>
internal readonly record struct Keeping(int Function, RunState State, TimeSpan Age);

/// <summary>What is kept.</summary>
internal enum KeptThing
{
    /// <summary>The runs.</summary>
    Runs,

    /// <summary>Their answers.</summary>
    Results,
}
