using System.IO.Pipelines;

namespace InterCluster.Api.Batches;

/// <summary>Reads a body whose sender may pause, but not for ever.</summary>
internal sealed class IdleReader(PipeReader body, TimeSpan timeout, TimeProvider time, CancellationToken aborted) : IDisposable
{
    private CancellationTokenSource _limit = new(Timeout.InfiniteTimeSpan, time);
    private CancellationTokenRegistration _registration;

    public PipeReader Body => body;

    /// <summary>Throws <see cref="OperationCanceledException"/> when nothing came in time, or the caller left.</summary>
    public ValueTask<ReadResult> ReadAsync()
    {
        // What is there already needs no clock.
        return body.TryRead(out ReadResult result) ? new ValueTask<ReadResult>(result) : WaitAsync();
    }

    public void Dispose()
    {
        _registration.Dispose();
        _limit.Dispose();
    }

    private async ValueTask<ReadResult> WaitAsync()
    {
        if (!_limit.TryReset())
        {
            _limit.Dispose();
            _limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        }

        _limit.CancelAfter(timeout);
        await using (_registration = aborted.UnsafeRegister(static l => ((CancellationTokenSource)l!).Cancel(), _limit))
        {
            ReadResult result = await body.ReadAsync(_limit.Token);
            _limit.CancelAfter(Timeout.InfiniteTimeSpan);
            return result;
        }
    }
}
