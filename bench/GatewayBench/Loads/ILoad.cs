using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>A way of calling a target, in a process of its own.</summary>
internal interface ILoad
{
    /// <summary>Calls for <paramref name="seconds"/> and returns what came of it.</summary>
    Task<LoadReport> RunAsync(Target target, int seconds, CancellationToken ct);

    /// <summary>One call, whose answer is looked at: a proxy that answers wrongly is not fast.</summary>
    Task VerifyAsync(Target target, CancellationToken ct);
}
