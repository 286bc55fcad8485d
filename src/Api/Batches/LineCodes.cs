namespace InterCluster.Api.Batches;

/// <summary>The stable words for why a line was not taken.</summary>
internal static class LineCodes
{
    /// <summary>Not one JSON object in UTF-8.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>A field that no line has, or one given twice.</summary>
    public const string UnknownField = "unknown_field";

    /// <summary>A field whose value is not allowed.</summary>
    public const string InvalidField = "invalid_field";

    /// <summary>The line or its body is over the limit.</summary>
    public const string TooLarge = "too_large";

    /// <summary>Its key was used with another request.</summary>
    public const string IdempotencyMismatch = "idempotency_mismatch";
}

/// <summary>Why a line was not taken.</summary>
/// <param name="Code">One of <see cref="LineCodes"/>.</param>
/// <param name="Detail">In words.</param>
internal sealed record LineError(string Code, string Detail);
