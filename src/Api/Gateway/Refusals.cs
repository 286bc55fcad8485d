using InterCluster.Core.Admission;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Gateway;

/// <summary>What a caller is told when admission gave no slot.</summary>
internal static class Refusals
{
    /// <summary>The status and code of a refusal.</summary>
    public static (int Status, string Code) Describe(Refusal refusal) => refusal switch
    {
        Refusal.QueueFull => (StatusCodes.Status503ServiceUnavailable, ProblemCodes.QueueFull),
        Refusal.NoReplica => (StatusCodes.Status503ServiceUnavailable, ProblemCodes.NoReplica),
        Refusal.Draining => (StatusCodes.Status503ServiceUnavailable, ProblemCodes.Draining),
        Refusal.QueueTimeout => (StatusCodes.Status504GatewayTimeout, ProblemCodes.QueueTimeout),
        Refusal.ColdStartTimeout => (StatusCodes.Status504GatewayTimeout, ProblemCodes.ColdStartTimeout),
        _ => (StatusCodes.Status499ClientClosedRequest, ""),
    };

    /// <summary>
    /// When to come back: 1 to 3 s at random, so that the callers that a full queue turned away do not return together.
    /// </summary>
    public static TimeSpan RetryAfter() => TimeSpan.FromSeconds(1 + Random.Shared.Next(3));
}
