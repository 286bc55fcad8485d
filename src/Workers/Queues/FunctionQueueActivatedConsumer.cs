using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using MassTransit;

namespace InterCluster.Workers.Queues;

/// <summary>Hears which functions have work. Every worker has a queue of its own for it, gone with the worker.</summary>
internal sealed class FunctionQueueActivatedConsumer(FunctionQueues queues) : IConsumer<FunctionQueueActivated>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<FunctionQueueActivated> context)
    {
        FunctionQueueActivated message = context.Message;
        queues.Activate(new FunctionId(new AppId(message.Project, message.App), message.Function));
        return Task.CompletedTask;
    }
}
