using System.Globalization;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary>How the parts of an app are shown.</summary>
internal static class AppDetails
{
    public static Cell Auth(AppView app) => app.DisableAuth ? new Cell("open", Tone.Warn) : new Cell("token");

    /// <summary><c>2/3</c>: ready of desired.</summary>
    public static Cell Replicas(AppLiveView? live) => live switch
    {
        null => new Cell("unknown", Tone.Warn),
        { CrashLoop: true } => new Cell("crash loop", Tone.Bad),
        { ReadyReplicas: 0, DesiredReplicas: 0 } => new Cell("0/0", Tone.Dim),
        _ => new Cell($"{live.ReadyReplicas}/{live.DesiredReplicas}", live.ReadyReplicas >= live.DesiredReplicas ? Tone.Good : Tone.Busy),
    };

    public static Cell InFlight(AppLiveView? live) => live is null ? Cell.None : Cell.Count(live.InFlight, Tone.Busy);

    public static Cell Waiting(AppLiveView? live) => live is null ? Cell.None : Cell.Count(live.WaitingSync + live.WaitingBatch, Tone.Warn);

    public static Cell QueuedRuns(AppLiveView? live) => live is null ? Cell.None : Cell.Count(live.QueuedRuns, Tone.Warn);

    public static Cell Range(ScalingView scaling) =>
        $"{scaling.MinReplicas} to {scaling.MaxReplicas}, {scaling.ReplicaConcurrency} calls each, {scaling.LoadBalancingAlgorithm}";

    public static DetailView Of(AppView app, DateTimeOffset now) => new(
    [
        ("app", new Cell(app.App, Tone.Strong)),
        ("project", app.Project),
        ("url", new Cell(app.Url, Tone.Busy)),
        ("auth", Auth(app)),
        ("revision", new Cell($"{app.Revision}, deployed {Durations.Relative(app.DeployedAt, now)} by {app.DeployedBy}", Tone.Normal, Text(app.Revision))),
        ("runs as", app.Addresses.Count > 0 ? string.Join(' ', app.Addresses) : string.Join(' ', app.Entrypoint)),
        ("scaling", Range(app.Scaling)),
        ("limits", Limits(app.Scaling)),
        ("replicas", Replicas(app.Live)),
        ("in flight", InFlight(app.Live)),
        ("waiting", Waiting(app.Live)),
        ("queued runs", QueuedRuns(app.Live)),
    ]);

    public static TableView Of(ReplicaListView list, DateTimeOffset now) => new(
        ["REPLICA", ">REV", "STATE", "?ADDRESS", "?>PID", "?>IN FLIGHT", "?STARTED", "DETAIL"],
        list.Replicas.Select(r => new Cell[]
        {
            r.Id, r.Revision, StateTones.Of(r.State), r.Address, r.Pid is { } pid ? pid : Cell.None,
            Cell.Count(r.InFlight, Tone.Busy), Cell.Time(r.StartedAt, now), new Cell(r.Detail ?? "", Tone.Dim),
        }),
        "none")
    {
        Title = "Replicas",
    };

    public static TableView Of(FunctionListView list) => new(
        ["FUNCTION", ">SCHEDULED", ">QUEUED", ">RUNNING"],
        list.Functions.Select(f => new Cell[] { f.Function, Cell.Count(f.Scheduled), Cell.Count(f.Queued, Tone.Warn), Cell.Count(f.Running, Tone.Busy) }),
        "no runs are waiting or running")
    {
        Title = "Runs by function",
    };

    public static TableView Of(ScalingHistoryView history, DateTimeOffset now, int most) => new(
        ["WHEN", "REPLICAS", "REASON", "?>IN FLIGHT", "?>WAITING", "?>RUNS"],
        history.Decisions.Take(most).Select(d => new Cell[]
        {
            Cell.Time(d.Time, now), new Cell($"{d.Before} → {d.Desired}", d.Desired > d.Before ? Tone.Good : Tone.Warn), d.Reason,
            Cell.Count(d.InFlight), Cell.Count(d.Waiting), d.QueuedRuns is { } runs ? Cell.Count(runs) : Cell.None,
        }),
        "none yet")
    {
        Title = "Scaling decisions",
    };

    public static TableView Of(RevisionListView list, DateTimeOffset now) => new(
        [">REV", "DEPLOYED", "BY", ""],
        list.Revisions.Select(r => new Cell[] { r.Revision, Cell.Time(r.DeployedAt, now), r.DeployedBy, new Cell(r.Current ? "current" : "", Tone.Good) }),
        "none")
    {
        Title = "Revisions",
    };

    private static Cell Limits(ScalingView s) =>
        $"run {Seconds(s.ResponseGracePeriod)}, queue {Seconds(s.QueueTimeout)} and {s.QueueMaxLength} calls, "
        + $"cold start {Seconds(s.ColdStartTimeout)}, cooldown {Seconds(s.Cooldown)}";

    private static string Seconds(double seconds) => Durations.Show(TimeSpan.FromSeconds(seconds));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
