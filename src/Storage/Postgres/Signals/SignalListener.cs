using InterCluster.Storage.Postgres.Engine;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace InterCluster.Storage.Postgres.Signals;

/// <summary>Hears what the other servers committed. Its connection is also the first to notice that the database has gone: it always waits for an answer.</summary>
internal sealed partial class SignalListener(PgConnector connector, string self, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Bounds how long a connection that was cut without a word goes unnoticed.
    private static readonly TimeSpan Check = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();
    private Task _listening = Task.CompletedTask;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasListened;

    /// <summary>Raised on a thread of the pool. Handlers must not block.</summary>
    public event Action<Signal>? Received;

    /// <summary>Done once it has begun to hear.</summary>
    public Task Listening => _begun.Task;

    public void Start() => _listening = Task.Run(ListenAsync);

    public void Dispose()
    {
        _stop.Cancel();
        _listening.GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
#pragma warning disable CA1031 // Whatever it is: it is tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Lost(e);
                connector.Broken();
                await Task.Delay(Pause, time, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task RunOnceAsync(CancellationToken ct)
    {
        using PgSession session = connector.Open();
        session.Connection.Notification += OnNotification;
        await using (NpgsqlCommand listen = session.Command($"listen {SignalSender.Channel}"))
        {
            await listen.ExecuteNonQueryAsync(ct);
        }

        _begun.TrySetResult();
        if (_hasListened)
        {
            // What changed while nobody listened.
            Received?.Invoke(new Signal("") { CatalogChanged = true, KeysChanged = true, DeliveriesDue = true, HomesChanged = true });
        }

        _hasListened = true;
        while (true)
        {
            if (!await session.Connection.WaitAsync(Check, ct))
            {
                await using NpgsqlCommand check = session.Command("select 1");
                await check.ExecuteNonQueryAsync(ct);
            }
        }
    }

    private void OnNotification(object sender, NpgsqlNotificationEventArgs e)
    {
        // Off this thread: it may be one of the sockets'.
        if (Signal.Decode(e.Payload) is { } signal && signal.Sender != self)
        {
            ThreadPool.UnsafeQueueUserWorkItem(s => Received?.Invoke(s), signal, preferLocal: false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection that hears of other servers' changes was lost; it is made again. Until then they are found by looking.")]
    private partial void Lost(Exception exception);
}
