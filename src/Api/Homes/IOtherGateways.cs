namespace InterCluster.Api.Homes;

/// <summary>What other gateways answered.</summary>
/// <param name="Answers">One of each that answered in time.</param>
/// <param name="Unanswered">The addresses of those that did not; null when all did.</param>
internal sealed record GatewayAnswers<T>(IReadOnlyList<T> Answers, IReadOnlyList<string>? Unanswered)
{
    public static readonly GatewayAnswers<T> None = new([], null);
}

/// <summary>Asks the other gateways of the store what only they know.</summary>
internal interface IOtherGateways
{
    /// <summary>Asks all at once. One that does not answer soon is named, and missing.</summary>
    /// <param name="pathAndQuery">Of an endpoint that is for gateways.</param>
    /// <param name="only">The addresses of those that are to be asked; null: all.</param>
    /// <param name="ct">The caller has gone.</param>
    ValueTask<GatewayAnswers<T>> AskAsync<T>(string pathAndQuery, IReadOnlySet<string>? only, CancellationToken ct);
}
