using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Stalls;

/// <summary>
/// Watches the I/O threads, on which calls run: whatever blocks one of them holds up every connection that it serves. Each is asked for an
/// answer all the time, from outside, and one that is late is a stall: <c>intercluster.io.stalls</c>.
/// </summary>
internal sealed partial class StallDetector : IHostedService, IDisposable
{
    private const int MaxProbes = 64;
    private readonly StallOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<StallDetector> _log;
    private readonly Counter<long> _stalls;
    private readonly Histogram<double> _delay;
    private readonly ManualResetEvent _stop = new(false);
    private readonly List<IoProbe> _probes = [];
    private Thread? _watcher;

    public StallDetector(IOptions<StallOptions> options, IMeterFactory meters, TimeProvider time, ILogger<StallDetector> log)
    {
        _options = options.Value;
        _time = time;
        _log = log;
        Meter meter = meters.Create("InterCluster");
        _stalls = meter.CreateCounter<long>("intercluster.io.stalls", "{stall}", "Times that an I/O thread did not answer within the threshold.");
        _delay = meter.CreateHistogram<double>("intercluster.io.delay", "s", "Time until an I/O thread answered.");
        meter.CreateObservableGauge("intercluster.io.threads", () => _probes.Count, "{thread}", "I/O threads that are watched.");
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watcher = new Thread(Watch) { IsBackground = true, Name = "io-stall-detector" };
        _watcher.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Set();
        if (_watcher is { } watcher)
        {
            await Task.Factory.StartNew(watcher.Join, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _probes.ForEach(probe => probe.Dispose());
        _stop.Dispose();
    }

    private void Watch()
    {
        CoverAllThreads();
        while (!_stop.WaitOne(_options.Period))
        {
            foreach (IoProbe probe in _probes)
            {
                Judge(probe.Measure(_options.Threshold * 20) ?? _options.Threshold * 20);
            }
        }
    }

    // The runtime deals sockets out to its I/O threads in turn; a probe that lands on a thread that has one is closed again.
    private void CoverAllThreads()
    {
        var covered = new HashSet<int>();
        for (int tried = 0; tried < MaxProbes && covered.Count < Environment.ProcessorCount; tried++)
        {
            IoProbe probe = IoProbe.Open(_time);
            if (probe.Measure(_options.Threshold * 20) is not null && covered.Add(probe.AnsweringThread))
            {
                _probes.Add(probe);
            }
            else
            {
                probe.Dispose();
            }
        }
    }

    private void Judge(TimeSpan delay)
    {
        _delay.Record(delay.TotalSeconds);
        if (delay > _options.Threshold)
        {
            _stalls.Add(1);
            LogStall(delay.TotalMilliseconds, _options.Threshold.TotalMilliseconds);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "An I/O thread did not answer for {Delay} ms (threshold {Threshold} ms): something blocked or computed on it")]
    private partial void LogStall(double delay, double threshold);
}
