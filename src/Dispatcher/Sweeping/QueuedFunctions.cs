using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Dispatcher.Sweeping;

/// <summary>
/// Which functions have had queued runs for so long that their workers are told again. Kept per function, so a flooded one hides no other.
/// </summary>
internal sealed class QueuedFunctions(TimeProvider time, TimeSpan announceAgainAfter)
{
    private Dictionary<FunctionId, long> _since = [];

    /// <summary>Takes a reading and returns the functions to be announced again.</summary>
    public List<FunctionId> Observe(IReadOnlyList<FunctionDepth> depths)
    {
        var due = new List<FunctionId>();
        var next = new Dictionary<FunctionId, long>();
        long now = time.GetTimestamp();
        foreach (FunctionDepth depth in depths)
        {
            if (depth.Queued > 0)
            {
                next[depth.Function] = Since(depth.Function, now, due);
            }
        }

        _since = next;
        return due;
    }

    private long Since(FunctionId function, long now, List<FunctionId> due)
    {
        if (!_since.TryGetValue(function, out long since))
        {
            return now;
        }

        if (time.GetElapsedTime(since, now) < announceAgainAfter)
        {
            return since;
        }

        due.Add(function);
        return now;
    }
}
