using InterCluster.Core.Messages;
using MassTransit;

namespace InterCluster.Server.Bus;

/// <summary>
/// How queues are declared. Those that carry work are quorum queues of bounded length that refuse what is too much, and give up a message after a few
/// deliveries: it goes to <c>dead-letters</c>, at least once. Nothing is transient but a worker's own ear, which is exclusive to its connection.
/// </summary>
internal static class RabbitMqTopology
{
    /// <summary>The exchange and the queue of messages that could not be dealt with.</summary>
    public const string DeadLetters = "dead-letters";

    public static void Configure(IRabbitMqReceiveEndpointConfigurator endpoint, string queue, RabbitMqOptions options)
    {
        // The broker's dead letters, not a pair of queues beside every queue that grows unseen.
        endpoint.RethrowFaultedMessages();
        endpoint.ThrowOnSkippedMessages();
        endpoint.PublishFaults = false;
        if (queue.StartsWith(WorkerEar, StringComparison.Ordinal))
        {
            DeclareEar(endpoint);
            return;
        }

        DeclareWork(endpoint, options);
        if (FunctionQueueName.IsFunctionQueue(queue))
        {
            DeclareFunction(endpoint, queue, options);
        }
    }

    private const string WorkerEar = "function-activated-";

    private static void DeclareEar(IRabbitMqReceiveEndpointConfigurator endpoint)
    {
        endpoint.Durable = false;
        endpoint.Exclusive = true;
        endpoint.AutoDelete = true;
    }

    private static void DeclareWork(IRabbitMqReceiveEndpointConfigurator endpoint, RabbitMqOptions options)
    {
        endpoint.SetQuorumQueue();
        endpoint.SetQueueArgument("x-delivery-limit", options.DeliveryLimit);
        endpoint.SetQueueArgument("x-max-length", options.MaxQueueLength);
        // What at-least-once asks for, and what a doorbell wants: a refused one is found by the sweep, a dropped one would be too, but unseen.
        endpoint.SetQueueArgument("x-overflow", "reject-publish");
        endpoint.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
        endpoint.BindDeadLetterQueue(DeadLetters, DeadLetters, dead =>
        {
            dead.SetQuorumQueue();
            dead.SetQueueArgument("x-max-length", options.MaxDeadLetters);
            dead.SetQueueArgument("x-overflow", "drop-head");
            dead.SetQueueArgument("x-message-ttl", (long)options.DeadLetterRetention.TotalMilliseconds);
        });
    }

    // Bound by its name to the one exchange that dispatchers send to: they need no exchange, no channel and no cache entry per function. The exchange that
    // the library puts before the queue goes with the queue's binding.
    private static void DeclareFunction(IRabbitMqReceiveEndpointConfigurator endpoint, string queue, RabbitMqOptions options)
    {
        endpoint.AutoDelete = true;
        endpoint.QueueExpiration = options.QueueExpiry;
        endpoint.Bind(FunctionQueueName.Exchange, binding =>
        {
            binding.ExchangeType = "direct";
            binding.RoutingKey = queue;
        });
    }
}
