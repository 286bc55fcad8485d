using InterCluster.Core.Apps;
using InterCluster.Core.Naming;

namespace InterCluster.Workers.Execution;

/// <summary>
/// How many runs of a function are worth holding: as many as the app can ever run at once, and a little more, so that a freed slot finds the next run
/// there. What is beyond waits in the store, where it can be cancelled, reordered and taken by other workers.
/// </summary>
internal sealed class AppCapacity(IAppCatalog catalog)
{
    // Runs of an app that is gone are only claimed to be ended.
    private const int WithoutApp = 64;
    private const int LargestReserve = 32;

    /// <summary>The limit now.</summary>
    public int Of(FunctionId function, int maxConcurrency)
    {
        if (!catalog.TryGet(function.App, out Revision? revision))
        {
            return Math.Min(WithoutApp, maxConcurrency);
        }

        ScalingConfig scaling = revision.Config.Scaling;
        long slots = (long)Math.Max(1, scaling.MaxReplicas) * scaling.ReplicaConcurrency;
        int most = (int)Math.Min(maxConcurrency, slots + Math.Clamp(slots / 4, 1, LargestReserve));
        return revision.Config.Runs.For(function.Function).Concurrency is { } limit ? Math.Min(most, limit) : most;
    }
}
