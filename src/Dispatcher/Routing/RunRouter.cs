using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using MassTransit;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Routing;

/// <summary>
/// Puts ready runs on their function's queue, and tells every worker of a function that has not had work for a while. A message that finds no queue
/// is no loss: a worker that connects to a queue looks into the store first.
/// </summary>
internal sealed class RunRouter(IBus bus, DispatcherMetrics metrics, TimeProvider time, IOptions<DispatcherOptions> options)
{
    // Beyond this many functions the memory of activations is thinned out.
    private const int MaxRemembered = 10_000;

    // exchange:, not queue:: a queue: address would declare a classic queue where a quorum queue stands.
    private static readonly Uri Exchange = new($"exchange:{FunctionQueueName.Exchange}?type=direct");

    private readonly TimeSpan _activateEvery = options.Value.ActivateEvery;
    private readonly TimeSpan _timeout = options.Value.SendTimeout;
    private readonly Dictionary<FunctionId, long> _activated = [];

    /// <summary>
    /// Routes runs of one function; an empty list says only that there is something. Throws what the bus throws, a queue that is not there included: then
    /// the workers are told of the function before, and look into the store.
    /// </summary>
    public async Task RouteAsync(FunctionId function, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        bool activated = IsActivationDue(function);
        if (activated)
        {
            await ActivateAsync(function, linked.Token);
        }

        try
        {
            await SendAsync(function, ids, linked.Token);
            metrics.Routed(ids.Count);
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            metrics.Unrouted();
            if (!activated)
            {
                await ActivateAsync(function, linked.Token);
            }

            throw;
        }
    }

    private async Task SendAsync(FunctionId function, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        ISendEndpoint exchange = await bus.GetSendEndpoint(Exchange);
        string queue = FunctionQueueName.Of(function);
        foreach (Guid[] slice in Slices(ids))
        {
            await exchange.Send(
                new RunsReady { Project = function.App.Project, App = function.App.App, Function = function.Function, Ids = slice },
                send => send.SetRoutingKey(queue),
                ct);
        }
    }

    private static IEnumerable<Guid[]> Slices(IReadOnlyList<Guid> ids) => ids.Count == 0 ? [[]] : ids.Chunk(RunsSubmitted.MaxIds);

    private async Task ActivateAsync(FunctionId function, CancellationToken ct)
    {
        try
        {
            await bus.Publish(
                new FunctionQueueActivated { Project = function.App.Project, App = function.App.App, Function = function.Function }, ct);
        }
        catch
        {
            Forget(function);
            throw;
        }
    }

    private bool IsActivationDue(FunctionId function)
    {
        lock (_activated)
        {
            if (_activated.TryGetValue(function, out long last) && time.GetElapsedTime(last) < _activateEvery)
            {
                return false;
            }

            if (_activated.Count >= MaxRemembered)
            {
                Thin_NeedsLock();
            }

            _activated[function] = time.GetTimestamp();
            return true;
        }
    }

    private void Thin_NeedsLock()
    {
        foreach ((FunctionId function, long last) in _activated)
        {
            if (time.GetElapsedTime(last) >= _activateEvery)
            {
                _activated.Remove(function);
            }
        }
    }

    private void Forget(FunctionId function)
    {
        lock (_activated)
        {
            _activated.Remove(function);
        }
    }
}
