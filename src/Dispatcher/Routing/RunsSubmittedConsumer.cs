using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using MassTransit;

namespace InterCluster.Dispatcher.Routing;

/// <summary>Takes the gateways' announcements and routes them to the functions' queues.</summary>
internal sealed class RunsSubmittedConsumer(RunRouter router) : IConsumer<RunsSubmitted>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<RunsSubmitted> context)
    {
        RunsSubmitted message = context.Message;
        return router.RouteAsync(
            new FunctionId(new AppId(message.Project, message.App), message.Function), message.Ids, context.CancellationToken);
    }
}
