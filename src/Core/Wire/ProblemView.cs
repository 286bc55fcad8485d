namespace InterCluster.Core.Wire;

/// <summary>An error answer: RFC 9457 problem details with our stable fields.</summary>
public sealed record ProblemView
{
    /// <summary>A link to what the code means; <c>about:blank</c> when there is none.</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>For people: the status in words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>One of <see cref="ProblemCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>For people: what was wrong, and with which limit.</summary>
    public string? Detail { get; init; }

    /// <summary>The run.</summary>
    public string? RunId { get; init; }

    /// <summary><c>gateway</c> or <c>replica</c>.</summary>
    public string RefusedBy { get; init; } = "gateway";

    /// <summary>True when the same request may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>Every mistake of a refused file or setting, when there is more than one.</summary>
    public IReadOnlyList<string>? Errors { get; init; }
}
