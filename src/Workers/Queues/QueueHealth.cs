using MassTransit;

namespace InterCluster.Workers.Queues;

/// <summary>
/// Sees which connected queues are not consumed from: a channel that the broker closed, a queue that was deleted. The bus mends most of that by itself; what
/// it has not mended for a while is to be connected anew.
/// </summary>
internal sealed class QueueHealth(IBusControl bus, WorkerMetrics metrics, TimeProvider time)
{
    /// <summary>How long the bus may mend a queue by itself.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Takes a reading; those of the queues that have been down for too long.</summary>
    public List<T> Observe<T>(IReadOnlyCollection<T> queues, Func<T, FunctionQueue> of)
    {
        HashSet<IReceiveEndpoint> healthy = Healthy();
        var dead = new List<T>();
        int down = 0;
        foreach (T entry in queues)
        {
            FunctionQueue queue = of(entry);
            if (queue.Endpoint is not { } endpoint || healthy.Contains(endpoint.ReceiveEndpoint))
            {
                queue.DownSince = null;
                continue;
            }

            down++;
            // With nothing healthy at all it is the broker that is down, and the bus that comes back with it.
            queue.DownSince = healthy.Count == 0 ? null : queue.DownSince ?? time.GetTimestamp();
            if (queue.DownSince is { } since && time.GetElapsedTime(since) >= Patience)
            {
                dead.Add(entry);
            }
        }

        metrics.QueuesDown(down);
        return dead;
    }

    private HashSet<IReceiveEndpoint> Healthy() =>
        [.. bus.CheckHealth().Endpoints.Values.Where(endpoint => endpoint.Status == BusHealthStatus.Healthy).Select(endpoint => endpoint.ReceiveEndpoint)];
}
