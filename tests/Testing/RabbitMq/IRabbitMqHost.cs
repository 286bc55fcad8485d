namespace InterCluster.Testing.RabbitMq;

/// <summary>A broker that can be killed and started again with what it had on disk, on the same ports.</summary>
internal interface IRabbitMqHost : IAsyncDisposable
{
    /// <summary>AMQP.</summary>
    int Port { get; }

    /// <summary>The management API.</summary>
    Uri Management { get; }

    string User { get; }

    string Password { get; }

    Task StartAsync();

    /// <summary>Runs <c>rabbitmqctl</c>.</summary>
    Task ControlAsync(params string[] arguments);

    /// <summary>kill -9.</summary>
    Task KillAsync();
}
