using System.Collections.Concurrent;
using System.Threading.Channels;
using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Workers.Execution;
using MassTransit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers.Queues;

/// <summary>
/// Connects functions' queues while they have work, at run time, and disconnects those that have had none for a while. One loop does both, so a
/// function is never connected twice. A function is served from the moment it is known, connected or not: its worker looks into the store first.
/// </summary>
internal sealed partial class FunctionQueues(
    FunctionWorkerFactory factory, IReceiveEndpointConnector connector, QueueHealth health, IRunStore store, WorkerMetrics metrics, TimeProvider time,
    IOptions<WorkerOptions> options, ILogger<FunctionQueues> logger) : IDisposable
{
    // A message of this queue is a few hundred bytes and is dealt with at once.
    private const int Prefetch = 16;

    // Declarations that are under way at once: one that hangs holds the others up no longer than this.
    private const int ConnectAtOnce = 16;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);

    private readonly WorkerOptions _options = options.Value;
    private readonly ConcurrentDictionary<FunctionId, FunctionQueue> _queues = new();
    private readonly Channel<FunctionId> _toConnect = Channel.CreateUnbounded<FunctionId>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _starting = new();

    /// <summary>The functions that are served now.</summary>
    public ICollection<FunctionId> Functions => _queues.Keys;

    /// <summary>The function has work: its worker looks for it, and its queue is connected if it is not.</summary>
    public void Activate(FunctionId function)
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        FunctionQueue queue = GetOrStart(function);
        queue.Worker.Offer([]);
        if (queue.Endpoint is null)
        {
            _toConnect.Writer.TryWrite(function);
        }
    }

    /// <summary>Activates the functions that have queued runs.</summary>
    public async Task ActivateQueuedAsync(CancellationToken ct)
    {
        foreach (FunctionDepth depth in await store.DepthsAsync(ct))
        {
            if (depth.Queued > 0)
            {
                Activate(depth.Function);
            }
        }
    }

    /// <summary>Connects, mends and disconnects until cancelled, and looks into the store now and then: for a bus that is down, or lost a message.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var look = new PeriodicTimer(_options.LookEvery, time);
        Task<bool> lookNow = look.WaitForNextTickAsync(ct).AsTask();
        Task<bool> connectNow = _toConnect.Reader.WaitToReadAsync(ct).AsTask();
        try
        {
            while (true)
            {
                await await Task.WhenAny(lookNow, connectNow);
                if (connectNow.IsCompleted)
                {
                    await ConnectPendingAsync(ct);
                    connectNow = _toConnect.Reader.WaitToReadAsync(ct).AsTask();
                }

                if (lookNow.IsCompleted)
                {
                    await DisconnectIdleAsync(ct);
                    await MendAsync(ct);
                    await LookAsync(ct);
                    lookNow = look.WaitForNextTickAsync(ct).AsTask();
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    /// <summary>Connects anew what has been down for too long; how many.</summary>
    public async Task<int> MendAsync(CancellationToken ct)
    {
        List<KeyValuePair<FunctionId, FunctionQueue>> dead = health.Observe(_queues.ToArray(), entry => entry.Value);
        foreach ((FunctionId function, FunctionQueue queue) in dead)
        {
            metrics.QueueRestarted(function.App);
            LogDead(logger, function, QueueHealth.Patience);
            await DisconnectAsync(function, queue, ct);
            queue.DownSince = null;
            _toConnect.Writer.TryWrite(function);
        }

        return dead.Count;
    }

    private async Task LookAsync(CancellationToken ct)
    {
        try
        {
            await ActivateQueuedAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogNotLooked(logger, e);
        }
    }

    /// <summary>Disconnects what is idle; how many.</summary>
    public async Task<int> DisconnectIdleAsync(CancellationToken ct)
    {
        int disconnected = 0;
        foreach ((FunctionId function, FunctionQueue queue) in _queues)
        {
            // Taken out first: an activation from here on makes a new one.
            if (queue.Worker.IsIdle(_options.IdleAfter) && _queues.TryRemove(KeyValuePair.Create(function, queue)))
            {
                await DisconnectAsync(function, queue, ct);
                await StopAsync(queue);
                disconnected++;
            }
        }

        return disconnected;
    }

    /// <summary>No more claims, at once. Completes when every run in hand has ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_queues.Values.Select(StopAsync));
    }

    /// <summary>Disconnects all queues.</summary>
    public Task DisconnectAllAsync(CancellationToken ct) => Task.WhenAll(_queues.Select(q => DisconnectAsync(q.Key, q.Value, ct)));

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static async Task StopAsync(FunctionQueue queue)
    {
        await queue.Stop.CancelAsync();
        await queue.Loop;
    }

    private FunctionQueue GetOrStart(FunctionId function)
    {
        if (_queues.TryGetValue(function, out FunctionQueue? queue))
        {
            return queue;
        }

        lock (_starting)
        {
            return _queues.GetOrAdd(function, Start);
        }
    }

    private FunctionQueue Start(FunctionId function)
    {
        FunctionWorker worker = factory.Create(function);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        return new FunctionQueue(worker, worker.RunAsync(stop.Token), stop);
    }

    private async Task ConnectPendingAsync(CancellationToken ct)
    {
        var pending = new HashSet<FunctionId>();
        while (_toConnect.Reader.TryRead(out FunctionId function))
        {
            pending.Add(function);
        }

        // Not the stop's token: an endpoint that is stopped while it starts may hang with its bus. The limit is short.
        await Parallel.ForEachAsync(pending, new ParallelOptions { MaxDegreeOfParallelism = ConnectAtOnce }, async (function, _) =>
        {
            if (!ct.IsCancellationRequested && _queues.TryGetValue(function, out FunctionQueue? queue) && queue.Endpoint is null)
            {
                await ConnectAsync(function, queue);
            }
        });
    }

    private async Task ConnectAsync(FunctionId function, FunctionQueue queue)
    {
        HostReceiveEndpointHandle? endpoint = null;
        try
        {
            string name = FunctionQueueName.Of(function);
            endpoint = connector.ConnectReceiveEndpoint(name, (context, endpoint) =>
            {
                // What the transport's registration says of every queue: an endpoint that is connected later is not told by itself.
                context.GetConfigureReceiveEndpoints().Configure(name, endpoint);
                Configure(endpoint, queue.Worker);
            });
            await endpoint.Ready.WaitAsync(ConnectLimit, time, CancellationToken.None);
            queue.Endpoint = endpoint;
            metrics.QueueConnected();
            LogConnected(logger, function);
            // What was sent before the queue stood is in the store only.
            queue.Worker.Offer([]);
        }
        catch (Exception e)
        {
            // The function is served without its queue, by activations, and its next one connects it.
            LogNotConnected(logger, function, e);
            await CloseAsync(function, endpoint, CancellationToken.None);
        }
    }

    private static void Configure(IReceiveEndpointConfigurator endpoint, FunctionWorker worker)
    {
        // Messages are sent to this queue by name; nothing is published to it.
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PrefetchCount = Prefetch;
        endpoint.Handler<RunsReady>(context =>
        {
            worker.Offer(context.Message.Ids);
            return Task.CompletedTask;
        });
    }

    private async Task DisconnectAsync(FunctionId function, FunctionQueue queue, CancellationToken ct)
    {
        if (queue.Endpoint is { } endpoint)
        {
            queue.Endpoint = null;
            await CloseAsync(function, endpoint, ct);
            metrics.QueueDisconnected();
            LogDisconnected(logger, function);
        }
    }

    private async Task CloseAsync(FunctionId function, HostReceiveEndpointHandle? endpoint, CancellationToken ct)
    {
        try
        {
            if (endpoint is not null)
            {
                // Of its own: the bus may not heed the token while its connection is going.
                await endpoint.StopAsync(ct).WaitAsync(CloseLimit, time, CancellationToken.None);
            }
        }
        catch (Exception e)
        {
            LogNotClosed(logger, function, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The queue of {Function} is connected")]
    private static partial void LogConnected(ILogger logger, FunctionId function);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The queue of {Function} is disconnected")]
    private static partial void LogDisconnected(ILogger logger, FunctionId function);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue of {Function} could not be connected; its runs are claimed from the store meanwhile")]
    private static partial void LogNotConnected(ILogger logger, FunctionId function, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue of {Function} has not been consumed from for {Patience}; it is connected anew")]
    private static partial void LogDead(ILogger logger, FunctionId function, TimeSpan patience);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The functions with queued runs are not known; looked for again shortly")]
    private static partial void LogNotLooked(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue of {Function} did not close")]
    private static partial void LogNotClosed(ILogger logger, FunctionId function, Exception exception);
}
