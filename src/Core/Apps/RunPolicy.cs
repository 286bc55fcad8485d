using InterCluster.Core.Runs;

namespace InterCluster.Core.Apps;

/// <summary>How the async runs of a function are tried, and for how long (<c>[intercluster.runs]</c>).</summary>
public sealed record RunPolicy
{
    /// <summary>Attempts at most, unless the call says otherwise. Default 4; 1 to 100.</summary>
    public int MaxAttempts { get; init; } = RetryPolicy.DefaultMaxAttempts;

    /// <summary>The wait after the first failure; each further one waits twice as long. Default 1 s.</summary>
    public TimeSpan RetryBase { get; init; } = RetryPolicy.BaseDelay;

    /// <summary>The longest wait between two attempts. Default 5 min.</summary>
    public TimeSpan RetryMax { get; init; } = RetryPolicy.MaxDelay;

    /// <summary>How old a run may become before its last attempt begins; past it, it is dead (<c>expired</c>). Null, the default: any age.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How long runs and results are kept; the server's own settings are the most.</summary>
    public RunRetention Retention { get; init; } = new();

    /// <summary>Runs of a function that may be carried out at once, over all workers. Null, the default: as many as there are slots.</summary>
    public int? Concurrency { get; init; }

    /// <summary>The waits to be kept with a run: null when they are the defaults.</summary>
    public Backoff? Backoff() => new Backoff(RetryBase, RetryMax) is var own && own != Runs.Backoff.Default ? own : null;
}

/// <summary>The policies of an app's functions.</summary>
public sealed record RunPolicies
{
    /// <summary>For the functions that are not named.</summary>
    public RunPolicy Default { get; init; } = new();

    /// <summary>For those that are (<c>[intercluster.runs.functions.NAME]</c>).</summary>
    public IReadOnlyDictionary<string, RunPolicy> Functions { get; init; } = new Dictionary<string, RunPolicy>();

    /// <summary>True when any function has a <see cref="RunPolicy.Concurrency"/>.</summary>
    public bool HaveLimits => Default.Concurrency is not null || Functions.Values.Any(f => f.Concurrency is not null);

    /// <summary>The policy in force for a function.</summary>
    public RunPolicy For(string function) => Functions.TryGetValue(function, out RunPolicy? own) ? own : Default;
}
