using System.Diagnostics.Metrics;

namespace InterCluster.Workers.Tests.Harness;

/// <summary>Follows a counter of the system under test: a signal for what happens inside of it.</summary>
internal sealed class Counted : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _left;

    public Counted(Pipeline pipeline, string counter, long times)
    {
        _left = times;
        IMeterFactory factory = pipeline.Get<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == counter && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, added, _, _) =>
        {
            if (Interlocked.Add(ref _left, -added) <= 0)
            {
                _reached.TrySetResult();
            }
        });
        _listener.Start();
    }

    /// <summary>Completes when the counter has counted that much.</summary>
    public Task ReachedAsync() => _reached.Task.WaitAsync(Patience, TimeProvider.System);

    public void Dispose() => _listener.Dispose();
}
