using MassTransit;

namespace InterCluster.Dispatcher.Routing;

/// <summary>One queue for all dispatchers; enough in hand that one slow send holds nobody up.</summary>
internal sealed class RunsSubmittedConsumerDefinition : ConsumerDefinition<RunsSubmittedConsumer>
{
    public RunsSubmittedConsumerDefinition()
    {
        EndpointName = "runs-submitted";
        ConcurrentMessageLimit = 16;
    }

    /// <inheritdoc/>
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<RunsSubmittedConsumer> consumerConfigurator,
        IRegistrationContext context)
    {
        endpointConfigurator.PrefetchCount = 64;
    }
}
