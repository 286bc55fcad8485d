using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary>How runs are shown.</summary>
internal static class RunDetails
{
    public static DetailView Of(RunView run, DateTimeOffset now) => new(
    [
        ("run", new Cell(run.RunId, Tone.Strong)),
        ("state", StateTones.Of(run.State)),
        ("function", Function(run)),
        ("call", $"{run.Method} {run.Path}"),
        ("priority", StateTones.Word(run.Priority)),
        ("attempt", $"{run.Attempt} of {run.MaxAttempts}"),
        ("workers lost", run.Crashes == 0 ? Cell.None with { Exact = "0" } : Cell.Count(run.Crashes, Tone.Bad)),
        ("status", StateTones.OfStatus(run.Status)),
        ("error", run.Error is { } error ? new Cell(error, Tone.Bad) : Cell.None),
        ("created", Cell.Time(run.CreatedAt, now)),
        ("not before", Cell.Time(run.RunAt, now)),
        ("started", Cell.Time(run.StartedAt, now)),
        ("finished", Cell.Time(run.FinishedAt, now)),
        ("took", Took(run, now)),
    ]);

    public static readonly string[] Columns = ["RUN", "FUNCTION", "STATE", "?>ATTEMPT", "?>STATUS", "?CREATED", "?>TOOK", "ERROR"];

    public static Cell[] Row(RunView run, DateTimeOffset now) =>
    [
        run.RunId,
        Function(run),
        StateTones.Of(run.State),
        new Cell($"{run.Attempt}/{run.MaxAttempts}", run.Attempt > 1 ? Tone.Warn : Tone.Normal),
        StateTones.OfStatus(run.Status),
        Cell.Time(run.CreatedAt, now),
        Took(run, now),
        new Cell(run.Error ?? "", Tone.Bad),
    ];

    /// <summary>The last attempt's time: up to now while it runs.</summary>
    public static Cell Took(RunView run, DateTimeOffset now) =>
        run.StartedAt is not { } start ? Cell.None
        : run.FinishedAt is { } end ? Cell.Span(end - start)
        : run.State == Core.Runs.RunState.Running ? Cell.Span(now - start)
        : Cell.None;

    private static Cell Function(RunView run) => run.Function == "/" ? run.App : $"{run.App}/{run.Function}";
}
