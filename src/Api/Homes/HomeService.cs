using InterCluster.Api.Gateway;
using InterCluster.Api.Invocations;
using InterCluster.Core.Gateways;
using InterCluster.Core.Health;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Homes;

/// <summary>
/// Runs the keeper from after everything has started (others can reach this gateway then) to after everything has stopped (no call of its own goes on). Before
/// anything stops, homes are handed over: calls that wait go along, and those in flight are counted until they end.
/// </summary>
internal sealed partial class HomeService(
    HomeKeeper keeper, GatewayServer server, WorkerCredentials credentials, GatewayLease lease, IOptions<HomesOptions> options, TimeProvider time, ILogger<HomeService> logger)
    : IHostedLifecycleService, IReadiness, IDisposable
{
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WordGetsRound = TimeSpan.FromMilliseconds(300);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _leaving;

    public string? NotReady => _leaving ? "the gateway hands its apps over" : !keeper.IsReady ? "the gateway has no lease yet" : lease.IsHeld ? null : "the gateway's lease is over";

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        string address = options.Value.Address.Length > 0 ? options.Value.Address : OwnAddress.From(server.Addresses);
        // The first pass belongs to the start: whoever calls when it is over finds the apps.
        TimeSpan next = await RunOnceAsync(address, cancellationToken);
        _running = Task.Run(() => RunAsync(address, next), CancellationToken.None);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _leaving = true;
        keeper.Leave();
        try
        {
            await keeper.HandedOver.WaitAsync(HandOverLimit, time, cancellationToken);
            await Task.Delay(WordGetsRound, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            LogNotHandedOver();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await keeper.EndAsync(cancellationToken).WaitAsync(HandOverLimit, time, CancellationToken.None);
        }
        catch (Exception e)
        {
            // Others find the lease over in time.
            LogNotEnded(e);
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(string address, TimeSpan next)
    {
        while (!_stop.IsCancellationRequested)
        {
            await keeper.WaitAsync(next, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            next = await RunOnceAsync(address, _stop.Token);
        }
    }

    private async Task<TimeSpan> RunOnceAsync(string address, CancellationToken ct)
    {
        try
        {
            if (!keeper.IsReady)
            {
                // Read once and kept: a call that is passed on must not be the first to ask the database for it.
                await credentials.MakeAsync(ct);
            }

            return await keeper.RunOnceAsync(address, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // Whatever it is: a gateway whose loop has ended would lose its apps for good.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogPassFailed(e);
        }

        return lease.Terms.RetryEvery;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all apps were taken over in time; the gateway stops all the same")]
    private partial void LogNotHandedOver();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The end of this gateway's lease could not be written; it runs out by itself")]
    private partial void LogNotEnded(Exception reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A pass over leases and homes failed; it is made again")]
    private partial void LogPassFailed(Exception reason);
}
