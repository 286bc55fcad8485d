using InterCluster.Core.Naming;

namespace InterCluster.Core.Requests;

/// <summary>A finished call.</summary>
public readonly record struct RequestRecord
{
    /// <summary>The run.</summary>
    public required RunId Id { get; init; }

    /// <summary>The function that was called.</summary>
    public required FunctionId Function { get; init; }

    /// <summary>When the call came.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Where it stands in the log.</summary>
    public RequestPlace Place => new(Time, Id);

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The status that the caller got; 499 when it went away before one.</summary>
    public required int Status { get; init; }

    /// <summary>One of <see cref="Wire.ProblemCodes"/> when we refused or broke it; null when the replica answered.</summary>
    public string? Code { get; init; }

    /// <summary>Who called (<see cref="Identity.Caller.Name"/>); null for an open app without a token.</summary>
    public string? Caller { get; init; }

    /// <summary>Which replica; null when none was reached.</summary>
    public string? Replica { get; init; }

    /// <summary>Time in the app's queue.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>Time from the call to the end of the response.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>Bytes of the request's body.</summary>
    public long RequestBytes { get; init; }

    /// <summary>Bytes of the response's body.</summary>
    public long ResponseBytes { get; init; }

    /// <summary>True when no replica was ready as the call came.</summary>
    public bool ColdStart { get; init; }

    /// <summary>The call in whose service this one was made, when the caller said so.</summary>
    public string? ParentRequestId { get; init; }
}
