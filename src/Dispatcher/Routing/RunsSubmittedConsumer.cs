using InterCluster.Core.Failures;
using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace InterCluster.Dispatcher.Routing;

/// <summary>
/// Takes the gateways' announcements and routes them to the functions' queues. What cannot be routed is not tried again here: it is counted, and the sweep
/// announces the runs while they stay queued.
/// </summary>
internal sealed partial class RunsSubmittedConsumer(RunRouter router, ILogger<RunsSubmittedConsumer> logger) : IConsumer<RunsSubmitted>
{
    /// <inheritdoc/>
    public async Task Consume(ConsumeContext<RunsSubmitted> context)
    {
        RunsSubmitted message = context.Message;
        var function = new FunctionId(new AppId(message.Project, message.App), message.Function);
        try
        {
            Failpoint.Hit(FailurePoint.AnnouncementReceived);
            await router.RouteAsync(function, message.Ids, context.CancellationToken);
            Failpoint.Hit(FailurePoint.AnnouncementRouted);
        }
        catch (Exception e) when (!context.CancellationToken.IsCancellationRequested)
        {
            LogNotRouted(logger, message.Ids.Count, function, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} runs of {Function} found no queue; the workers were told, and the sweep will announce them again")]
    private static partial void LogNotRouted(ILogger logger, int count, FunctionId function, Exception exception);
}
