using InterCluster.Storage.GroupCommit;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>What the lanes measure of themselves, all together.</summary>
internal sealed class PgTelemetry(StorageMetrics metrics, TimeProvider time)
{
    private readonly List<Func<long>> _queues = [];

    public long Now => time.GetTimestamp();

    public TimeSpan Since(long timestamp) => time.GetElapsedTime(timestamp);

    public void Watch(Func<long> queued)
    {
        lock (_queues)
        {
            _queues.Add(queued);
            if (_queues.Count == 1)
            {
                metrics.Watch(Queued);
            }
        }
    }

    public void Flushed(long start, int operations) => metrics.Flushed(time.GetElapsedTime(start), operations);

    public void Refused() => metrics.Refused();

    public void Failed() => metrics.Failed();

    private long Queued()
    {
        lock (_queues)
        {
            return _queues.Sum(queue => queue());
        }
    }
}
