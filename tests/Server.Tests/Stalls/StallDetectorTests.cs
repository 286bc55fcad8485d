using System.Diagnostics.Metrics;
using InterCluster.Server.Stalls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Tests.Stalls;

public sealed class StallDetectorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Blocked_io_thread_is_counted_as_a_stall()
    {
        await using var watched = new Watched(threshold: TimeSpan.FromMilliseconds(100));
        await watched.StartAsync();
        await watched.AnsweredAsync();
        using BlockedIoThread blocked = await BlockedIoThread.StartAsync();

        await watched.StalledAsync();

        await blocked.FreeAsync();
    }

    [Fact]
    public async Task Io_threads_that_answer_are_all_watched_and_no_stall()
    {
        await using var watched = new Watched(threshold: TimeSpan.FromSeconds(5));
        await watched.StartAsync();

        await watched.AnsweredAsync();
        await watched.AnsweredAsync();

        Assert.InRange(watched.Threads, 1, Environment.ProcessorCount);
        Assert.Equal(0, watched.Stalls);
    }

    /// <summary>A detector, and what it has measured.</summary>
    private sealed class Watched : IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly MeterListener _listener = new();
        private readonly SemaphoreSlim _answered = new(0);
        private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly StallDetector _detector;
        private readonly double _silence;
        private double _longest;
        private long _stalls;

        public Watched(TimeSpan threshold)
        {
            _silence = threshold.TotalSeconds * 20;
            IMeterFactory meters = _services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, delay, _, _) => Answer(delay));
            _listener.SetMeasurementEventCallback<long>((_, _, _, _) => Stall());
            _listener.SetMeasurementEventCallback<int>((_, threads, _, _) => Threads = threads);
            _listener.Start();
            var options = new StallOptions { Period = TimeSpan.FromMilliseconds(10), Threshold = threshold };
            _detector = new StallDetector(Options.Create(options), meters, TimeProvider.System, NullLogger<StallDetector>.Instance);
        }

        public int Threads { get; private set; }

        public long Stalls => Interlocked.Read(ref _stalls);

        public Task StartAsync() => _detector.StartAsync(CancellationToken.None);

        /// <summary>Completes when a thread has answered.</summary>
        public async Task AnsweredAsync()
        {
            Assert.True(await _answered.WaitAsync(Patience), "No I/O thread was asked");
            _listener.RecordObservableInstruments();
        }

        /// <summary>Completes when a thread was silent for as long as it is waited for: a busy machine makes it late, not silent.</summary>
        public Task StalledAsync() => _stalled.Task.WaitAsync(Patience);

        public async ValueTask DisposeAsync()
        {
            await _detector.StopAsync(CancellationToken.None);
            _detector.Dispose();
            _listener.Dispose();
            await _services.DisposeAsync();
        }

        private void Answer(double delay)
        {
            _longest = Math.Max(_longest, delay);
            _answered.Release();
        }

        private void Stall()
        {
            Interlocked.Increment(ref _stalls);
            if (_longest >= _silence)
            {
                _stalled.TrySetResult();
            }
        }
    }
}
