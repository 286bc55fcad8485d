using InterCluster.Testing.Machines;

namespace InterCluster.Testing.RabbitMq;

/// <summary>
/// The broker of a test assembly, started when it is first asked for: a container where an engine answers (its image by
/// <c>INTERCLUSTER_TEST_RABBITMQ_IMAGE</c>), else the system's own package; <c>INTERCLUSTER_TEST_SERVERS</c> settles which. Each test class takes a virtual
/// host of its own.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    private readonly SharedHost<IRabbitMqHost> _server;
    private RabbitMqManagement? _management;

    public RabbitMqServer() => _server =
        SharedHost<IRabbitMqHost>.WhereItCan("RabbitMQ", ContainerRabbitMq.NamedImage, () => new ContainerRabbitMq(), () => new NativeRabbitMq(), PrepareAsync);

    private RabbitMqServer(Func<IRabbitMqHost> container) => _server = SharedHost<IRabbitMqHost>.InContainer(container, PrepareAsync);

    /// <summary>One in a container, whatever the others are, for tests that have asked for an engine.</summary>
    public static RabbitMqServer InContainer() => new(() => new ContainerRabbitMq());

    public RabbitMqManagement Management => _management ?? throw new InvalidOperationException("The broker was not asked for yet.");

    /// <summary>A new, empty virtual host.</summary>
    public async Task<RabbitMqVirtualHost> NewVirtualHostAsync()
    {
        await _server.EnsureStartedAsync();
        string name = $"t{Guid.NewGuid():N}";
        await Management.AddVirtualHostAsync(name);
        return new RabbitMqVirtualHost(this, name);
    }

    /// <summary>The broker says that it has no memory left, or that it has again: while it has none it reads nothing from those who publish.</summary>
    public Task SetMemoryAlarmAsync(bool on) => _server.Host.ControlAsync("set_vm_memory_high_watermark", on ? "0.00001" : "0.4");

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _server.Host.KillAsync();

    public Task StartAgainAsync() => _server.Host.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _management?.Dispose();
        await _server.DisposeAsync();
    }

    internal Uri Address(string virtualHost)
    {
        IRabbitMqHost host = _server.Host;
        return new Uri($"amqp://{host.User}:{host.Password}@127.0.0.1:{host.Port}/{virtualHost}");
    }

    private Task PrepareAsync(IRabbitMqHost host)
    {
        _management = new RabbitMqManagement(host.Management, host.User, host.Password);
        return Task.CompletedTask;
    }
}
