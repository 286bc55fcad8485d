using InterCluster.Core.Naming;

namespace InterCluster.Core.Runs;

/// <summary>
/// What a worker says of an attempt: the run's next state. Accepted only while the named lease is the run's current one and the run is
/// <see cref="RunState.Running"/>.
/// </summary>
public sealed record Settlement
{
    private Settlement()
    {
    }

    /// <summary>The run.</summary>
    public required RunId Id { get; init; }

    /// <summary>The lease that it was claimed under.</summary>
    public required long Lease { get; init; }

    /// <summary>The next state: terminal, <see cref="RunState.Scheduled"/> (try again at <see cref="RunAt"/>) or <see cref="RunState.Queued"/>.</summary>
    public required RunState State { get; init; }

    /// <summary>The function's answer, kept as the result (or as the last answer while retried); null without one.</summary>
    public RunResponse? Response { get; init; }

    /// <summary>One of <see cref="RunErrors"/>; null for success.</summary>
    public string? Error { get; init; }

    /// <summary>When to try again.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>True when the function was never called (refused by admission): the attempt is given back.</summary>
    public bool NotAnAttempt { get; init; }

    /// <summary>The function answered below 400.</summary>
    public static Settlement Succeeded(RunId id, long lease, RunResponse response) =>
        new() { Id = id, Lease = lease, State = RunState.Succeeded, Response = response };

    /// <summary>A permanent failure.</summary>
    public static Settlement Failed(RunId id, long lease, string error, RunResponse? response) =>
        new() { Id = id, Lease = lease, State = RunState.Failed, Error = error, Response = response };

    /// <summary>Attempts used up.</summary>
    public static Settlement Dead(RunId id, long lease, string error, RunResponse? response) =>
        new() { Id = id, Lease = lease, State = RunState.Dead, Error = error, Response = response };

    /// <summary>To be tried again, not before <paramref name="runAt"/>.</summary>
    public static Settlement Retry(RunId id, long lease, string error, RunResponse? response, DateTimeOffset runAt) =>
        new() { Id = id, Lease = lease, State = RunState.Scheduled, Error = error, Response = response, RunAt = runAt };

    /// <summary>Refused before the function saw it: goes back, later, and costs no attempt.</summary>
    public static Settlement GiveBack(RunId id, long lease, DateTimeOffset runAt) =>
        new() { Id = id, Lease = lease, State = RunState.Scheduled, RunAt = runAt, NotAnAttempt = true };
}
