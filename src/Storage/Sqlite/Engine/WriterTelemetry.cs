using InterCluster.Storage.GroupCommit;
using Microsoft.Extensions.Logging;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>What the writer tells of itself. A store that fails is logged when it begins and when it ends, not at every flush.</summary>
internal sealed partial class WriterTelemetry(StorageMetrics metrics, TimeProvider time, ILogger logger)
{
    private bool _failing; // The writer thread's own.

    public long Start() => time.GetTimestamp();

    public void Flushed(long start, int operations)
    {
        metrics.Flushed(time.GetElapsedTime(start), operations);
        if (_failing)
        {
            _failing = false;
            Recovered();
        }
    }

    public void Failed(Exception failure, int operations)
    {
        metrics.Failed();
        if (!_failing)
        {
            _failing = true;
            CannotCommit(failure, operations);
        }
    }

    public void Refused() => metrics.Refused();

    [LoggerMessage(Level = LogLevel.Error, Message = "The store cannot commit; {Operations} calls were refused. It goes on trying with every call.")]
    private partial void CannotCommit(Exception exception, int operations);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store commits again.")]
    private partial void Recovered();
}
