using InterCluster.Api.Webhooks;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Batches;

/// <summary>What all lines of an upload have in common.</summary>
internal sealed class LineContext
{
    public required FunctionId Function { get; init; }

    /// <summary>The function's policy, as it was when the upload began.</summary>
    public required RunPolicy Policy { get; init; }

    /// <summary>The headers that every run gets from us.</summary>
    public required IReadOnlyList<StoredHeader> OurHeaders { get; init; }

    public required string? SubmittedBy { get; init; }

    public required int MaxBody { get; init; }

    public required TimeSpan MaxDelay { get; init; }

    /// <summary>Reads webhooks; null where a line can have none.</summary>
    public WebhookReader? Webhooks { get; init; }

    /// <summary>The run that the line repeats; null for a new one.</summary>
    public RepeatedRun? Repeats { get; init; }

    /// <summary>The path of a line that names none.</summary>
    public string Path => Function.Function == FunctionId.Root ? "/" : _path ??= "/" + Function.Function;

    private string? _path;
}
