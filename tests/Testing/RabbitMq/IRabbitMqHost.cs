using InterCluster.Testing.Machines;

namespace InterCluster.Testing.RabbitMq;

/// <summary>A broker; its port is AMQP's.</summary>
internal interface IRabbitMqHost : IServerHost
{
    /// <summary>The management API.</summary>
    Uri Management { get; }

    /// <summary>Runs <c>rabbitmqctl</c>.</summary>
    Task ControlAsync(params string[] arguments);
}
