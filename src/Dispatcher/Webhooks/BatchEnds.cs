using System.Text.Json;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Webhooks;

/// <summary>
/// Makes the deliveries of batches that are done: the whole batch, as <c>GET batches/{id}</c> shows it. The wish for it is in the store and goes with the commit that makes the
/// delivery, so there is one whoever looks.
/// </summary>
internal sealed class BatchEnds(IWebhookStore store, TimeProvider time, IOptions<WebhookOptions> options)
{
    private const int Limit = 100;
    private readonly TimeSpan _period = options.Value.PollPeriod;
    private long? _looked;

    /// <summary>Looks, if it is time to; how many deliveries it made.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        if (_looked is { } looked && time.GetElapsedTime(looked) < _period)
        {
            return 0;
        }

        _looked = time.GetTimestamp();
        int made = 0;
        foreach (EndedBatch ended in await store.EndedBatchesAsync(Limit, ct))
        {
            made += await store.AddOfBatchAsync(DeliveryOf(ended), ended.Batch.Id, ct) ? 1 : 0;
        }

        return made;
    }

    private NewDelivery DeliveryOf(EndedBatch ended) => new()
    {
        Id = RunId.New(time).Value,
        Subject = new DeliverySubject(ended.Batch.Function, new RunId(ended.Batch.Id.Value), State: null, Attempt: null, Status: null, Error: null) { IsBatch = true },
        Target = ended.Target,
        ContentType = "application/json",
        Body = JsonSerializer.SerializeToUtf8Bytes(BatchView.From(ended.Batch), WireJson.Options),
    };
}
