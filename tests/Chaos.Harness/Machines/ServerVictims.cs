using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;

namespace InterCluster.Chaos.Harness.Machines;

/// <summary>The database.</summary>
internal sealed class DatabaseVictim(PostgresServer server) : IVictim
{
    public string Name => "database";

    public bool CanPause => false;

    public Task KillAsync() => server.KillAsync();

    public Task StartAgainAsync() => server.StartAgainAsync();

    public void Pause() => throw new NotSupportedException();

    public void Resume() => throw new NotSupportedException();
}

/// <summary>The broker.</summary>
internal sealed class BrokerVictim(RabbitMqServer server) : IVictim
{
    public string Name => "broker";

    public bool CanPause => false;

    public Task KillAsync() => server.KillAsync();

    public Task StartAgainAsync() => server.StartAgainAsync();

    public void Pause() => throw new NotSupportedException();

    public void Resume() => throw new NotSupportedException();
}
