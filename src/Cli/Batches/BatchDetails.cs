using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Batches;

/// <summary>How batches are shown.</summary>
internal static class BatchDetails
{
    public static readonly string[] Columns = ["BATCH", "FUNCTION", "STATE", ">RUNS", ">OPEN", ">SUCCEEDED", ">FAILED", "?CREATED"];

    public static Cell[] Row(BatchView batch, DateTimeOffset now) =>
    [
        batch.BatchId,
        $"{batch.App}/{batch.Function}",
        State(batch),
        Cell.Count(batch.Accepted, Tone.Normal),
        Cell.Count(Open(batch), Tone.Busy),
        Cell.Count(batch.Counts.Succeeded, Tone.Good),
        Cell.Count(Failed(batch), Tone.Bad),
        Cell.Time(batch.CreatedAt, now),
    ];

    public static DetailView Of(BatchView batch, DateTimeOffset now) => new(
    [
        ("batch", new Cell(batch.BatchId, Tone.Strong)),
        ("state", State(batch)),
        ("function", $"{batch.App}/{batch.Function}"),
        ("lines", Cell.Count(batch.Lines, Tone.Normal)),
        ("runs", Cell.Count(batch.Accepted, Tone.Normal)),
        ("duplicates", Cell.Count(batch.Duplicates, Tone.Warn)),
        ("rejected", Cell.Count(batch.Rejected, Tone.Bad)),
        ("scheduled", Cell.Count(batch.Counts.Scheduled, Tone.Warn)),
        ("queued", Cell.Count(batch.Counts.Queued, Tone.Warn)),
        ("running", Cell.Count(batch.Counts.Running, Tone.Busy)),
        ("succeeded", Cell.Count(batch.Counts.Succeeded, Tone.Good)),
        ("failed", Cell.Count(batch.Counts.Failed, Tone.Bad)),
        ("dead", Cell.Count(batch.Counts.Dead, Tone.Bad)),
        ("cancelled", Cell.Count(batch.Counts.Cancelled, Tone.Dim)),
        ("created", Cell.Time(batch.CreatedAt, now)),
        ("closed", Cell.Time(batch.ClosedAt, now)),
    ]);

    public static string Progress(BatchView batch) =>
        $"{batch.Counts.Succeeded} succeeded, {Failed(batch)} failed, {batch.Counts.Running} running, {batch.Counts.Queued + batch.Counts.Scheduled} waiting of {batch.Accepted}";

    public static long Open(BatchView batch) => batch.Counts.Scheduled + batch.Counts.Queued + batch.Counts.Running;

    public static long Failed(BatchView batch) => batch.Counts.Failed + batch.Counts.Dead;

    /// <summary>1 when any run of a batch that is done did not succeed.</summary>
    public static int Exit(BatchView batch) => batch.Done && batch.Counts.Succeeded < batch.Accepted ? ExitCodes.Failed : ExitCodes.Ok;

    /// <summary>The canonical form; anything else is a mistake in the command line.</summary>
    public static string Check(string text) =>
        BatchId.TryParse(text.Trim(), out BatchId id) ? id.ToString() : throw CliException.Usage($"'{text}' is not a batch's id.", "`intercluster batch` lists them.");

    private static Cell State(BatchView batch) => batch.Done && batch.State == BatchState.Complete
        ? new Cell("done", Tone.Good)
        : new Cell(StateTones.Word(batch.State), batch.State is BatchState.Interrupted or BatchState.Cancelled ? Tone.Warn : Tone.Busy);
}
