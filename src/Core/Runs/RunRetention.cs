namespace InterCluster.Core.Runs;

/// <summary>How long what has ended is kept, counted from its end, by state; null: as long as the server's own settings say.</summary>
public sealed record RunRetention
{
    /// <summary>Succeeded runs.</summary>
    public TimeSpan? Succeeded { get; init; }

    /// <summary>Failed runs.</summary>
    public TimeSpan? Failed { get; init; }

    /// <summary>Cancelled runs.</summary>
    public TimeSpan? Cancelled { get; init; }

    /// <summary>Dead runs.</summary>
    public TimeSpan? Dead { get; init; }

    /// <summary>The function's answers, of runs in whatever state. Past it the run's record stays, and its result is told to be expired. Never longer than the run.</summary>
    public TimeSpan? Results { get; init; }

    /// <summary>The longest that anything is kept; null: not limited.</summary>
    public TimeSpan? Longest => Succeeded is { } s && Failed is { } f && Cancelled is { } c && Dead is { } d ? new[] { s, f, c, d }.Max() : null;

    /// <summary>What this one says, where it is shorter than what <paramref name="most"/> allows.</summary>
    public RunRetention Within(RunRetention most)
    {
        ArgumentNullException.ThrowIfNull(most);
        return new RunRetention
        {
            Succeeded = Shorter(Succeeded, most.Succeeded),
            Failed = Shorter(Failed, most.Failed),
            Cancelled = Shorter(Cancelled, most.Cancelled),
            Dead = Shorter(Dead, most.Dead),
            Results = Shorter(Results, most.Results),
        };
    }

    /// <summary>How long runs that ended in this state are kept.</summary>
    public TimeSpan? Of(RunState state) => state switch
    {
        RunState.Succeeded => Succeeded,
        RunState.Failed => Failed,
        RunState.Cancelled => Cancelled,
        RunState.Dead => Dead,
        _ => null,
    };

    private static TimeSpan? Shorter(TimeSpan? a, TimeSpan? b) => a is { } one && b is { } other ? (one < other ? one : other) : a ?? b;
}
