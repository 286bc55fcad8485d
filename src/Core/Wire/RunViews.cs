using InterCluster.Core.Runs;

namespace InterCluster.Core.Wire;

/// <summary>The answer to an async call.</summary>
/// <param name="RunId">The run's id.</param>
public sealed record RunAccepted(string RunId);

/// <summary>A run, as <c>GET runs/{id}</c> shows it. Times are RFC 3339.</summary>
public sealed record RunView
{
#pragma warning disable CS1591 // The fields are those of RunInfo, by their wire names.
    public required string RunId { get; init; }
    public required string Project { get; init; }
    public required string App { get; init; }
    public required string Function { get; init; }
    public required RunState State { get; init; }
    public required string Method { get; init; }
    public required string Path { get; init; }
    public RunPriority Priority { get; init; }
    public int Attempt { get; init; }
    public int MaxAttempts { get; init; }
    public int Crashes { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RunAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int? Status { get; init; }
    public string? Error { get; init; }
    public string? BatchId { get; init; }
    public long? Line { get; init; }
    public string? Tag { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public string? ReplayOf { get; init; }
    public bool? ResultExpired { get; init; }
#pragma warning restore CS1591

    /// <summary>The view of a run.</summary>
    public static RunView From(RunInfo run) => new()
    {
        RunId = run.Id.ToString(),
        Project = run.Function.App.Project,
        App = run.Function.App.App,
        Function = run.Function.Function,
        State = run.State,
        Method = run.Method,
        Path = run.PathAndQuery,
        Priority = run.Priority,
        Attempt = run.Attempt,
        MaxAttempts = run.MaxAttempts,
        Crashes = run.Crashes,
        CreatedAt = run.CreatedAt,
        RunAt = run.RunAt,
        StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt,
        Status = run.Status,
        Error = run.Error,
        BatchId = run.Batch?.ToString(),
        Line = run.Line,
        Tag = run.Tag,
        ExpiresAt = run.ExpiresAt,
        ReplayOf = run.Origin?.ToString(),
        ResultExpired = run.IsResultExpired ? true : null,
    };
}

/// <summary>A page of runs, newest first.</summary>
/// <param name="Runs">The runs.</param>
/// <param name="NextCursor">For the next page; absent on the last.</param>
public sealed record RunListView(IReadOnlyList<RunView> Runs, string? NextCursor);

/// <summary>The answer to a cancel or a replay.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Changed">False when the run was not in a state that this changes.</param>
/// <param name="PreviousState">The state before.</param>
public sealed record RunChangeView(string RunId, bool Changed, RunState PreviousState);
