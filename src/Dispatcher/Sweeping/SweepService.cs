using InterCluster.Core.Apps;
using InterCluster.Core.Signals;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Sweeping;

/// <summary>Runs the sweep: at its period, when a scheduled run is due, at once after a full pass and after an app was deleted.</summary>
internal sealed partial class SweepService(
    RunSweep sweep, IAppCatalog catalog, DispatcherMetrics metrics, TimeProvider time, IOptions<DispatcherOptions> options,
    ILogger<SweepService> logger) : BackgroundService
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _period = options.Value.SweepPeriod;
    private readonly Signal _wake = new();

    /// <inheritdoc/>
    public override void Dispose()
    {
        catalog.Changed -= OnChanged;
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        catalog.Changed += OnChanged;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        int failures = 0;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                (TimeSpan wait, bool ok) = await PassAsync(failures, stoppingToken);
                failures = ok ? 0 : failures + 1;
                await _wake.WaitAsync(wait, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task<(TimeSpan Wait, bool Ok)> PassAsync(int failures, CancellationToken ct)
    {
        try
        {
            SweepPass pass = await sweep.RunOnceAsync(ct);
            if (pass.Store.Expired + pass.Store.Dead + pass.AnnouncedAgain + pass.AppDeleted > 0)
            {
                LogPass(logger, pass.Store.Expired, pass.Store.Dead, pass.AnnouncedAgain, pass.AppDeleted);
            }

            return (NextWait(pass), true);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogFailed(logger, e);
            metrics.PassFailed("sweep");
            TimeSpan backOff = _period * Math.Pow(2, Math.Min(failures, 10));
            return (backOff < LongestBackOff ? backOff : LongestBackOff, false);
        }
    }

    private TimeSpan NextWait(SweepPass pass)
    {
        if (pass.More)
        {
            return TimeSpan.Zero;
        }

        // ± 10 %, so that the sweeps of several dispatchers drift apart.
        TimeSpan wait = _period * (0.9 + (0.2 * Random.Shared.NextDouble()));
        if (pass.Store.NextDue is { } due && due - time.GetUtcNow() < wait)
        {
            wait = due - time.GetUtcNow();
        }

        return wait > Shortest ? wait : Shortest;
    }

    private void OnChanged(AppChange change)
    {
        if (change.Revision is null)
        {
            sweep.AppDeleted(change.App);
            _wake.Set();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Sweep: {Expired} runs taken back from lost workers, {Dead} dead, {Functions} functions announced again, {Ended} runs of deleted apps ended")]
    private static partial void LogPass(ILogger logger, int expired, int dead, int functions, int ended);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A pass of the sweep failed; the next one tries again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
