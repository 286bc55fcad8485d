using InterCluster.Core.Apps;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Scaling;

/// <summary>What the async runs of an app ask of its replicas, given how many of each function may be carried out at once (<see cref="RunPolicy.Concurrency"/>).</summary>
/// <param name="Ready">Runs that are queued and not claimed.</param>
/// <param name="HeldBack">Those of them that their function does not let through while what is claimed goes on.</param>
/// <param name="AtLeast">Calls that the ready runs keep going whatever ends meanwhile: of a function with a limit, its claimed runs too, up to the limit.</param>
public readonly record struct RunDemand(long Ready, long HeldBack, long AtLeast)
{
    /// <summary>Without limits: every ready run is one more call.</summary>
    public static RunDemand Unlimited(long ready) => new(ready, 0, ready);

    /// <summary>The demand of these functions, all of one app.</summary>
    public static RunDemand Of(IEnumerable<FunctionDepth> functions, RunPolicies policies)
    {
        (long ready, long heldBack, long atLeast) = (0, 0, 0);
        foreach (FunctionDepth depth in functions.Where(d => d.Queued > 0))
        {
            long limit = policies.For(depth.Function.Function).Concurrency ?? long.MaxValue;
            ready += depth.Queued;
            heldBack += depth.Queued - Math.Min(depth.Queued, Math.Max(0, limit - depth.Running));
            // Claimed runs hold slots, and so are counted as calls. Those of a limit are told here too: between the end of one and the start of the next no call shows.
            atLeast += limit == long.MaxValue ? depth.Queued : Math.Min(depth.Queued + depth.Running, limit);
        }

        return new RunDemand(ready, heldBack, atLeast);
    }
}
