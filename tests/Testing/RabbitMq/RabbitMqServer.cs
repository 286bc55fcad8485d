using InterCluster.Testing.Machines;

namespace InterCluster.Testing.RabbitMq;

/// <summary>
/// The broker of a test assembly, started when it is first asked for: a container where an engine answers (its image by
/// <c>INTERCLUSTER_TEST_RABBITMQ_IMAGE</c>), else the system's own package; <c>INTERCLUSTER_TEST_SERVERS</c> settles which. Each test class takes a virtual
/// host of its own.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly Func<Task<IRabbitMqHost>> _startHost;
    private IRabbitMqHost? _host;
    private RabbitMqManagement? _management;

    public RabbitMqServer()
        : this(StartHostAsync)
    {
    }

    private RabbitMqServer(Func<Task<IRabbitMqHost>> startHost) => _startHost = startHost;

    /// <summary>One in a container, whatever the others are, for tests that have asked for an engine.</summary>
    public static RabbitMqServer InContainer() => new(() => StartAsync(new ContainerRabbitMq()));

    public RabbitMqManagement Management => _management ?? throw new InvalidOperationException("The broker was not asked for yet.");

    /// <summary>A new, empty virtual host.</summary>
    public async Task<RabbitMqVirtualHost> NewVirtualHostAsync()
    {
        await EnsureStartedAsync();
        string name = $"t{Guid.NewGuid():N}";
        await Management.AddVirtualHostAsync(name);
        return new RabbitMqVirtualHost(this, name);
    }

    /// <summary>The broker says that it has no memory left, or that it has again: while it has none it reads nothing from those who publish.</summary>
    public Task SetMemoryAlarmAsync(bool on) => _host!.ControlAsync("set_vm_memory_high_watermark", on ? "0.00001" : "0.4");

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _host!.KillAsync();

    public Task StartAgainAsync() => _host!.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _management?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _starting.Dispose();
    }

    internal Uri Address(string virtualHost) => new($"amqp://{_host!.User}:{_host.Password}@127.0.0.1:{_host.Port}/{virtualHost}");

    private static async Task<IRabbitMqHost> StartHostAsync() =>
        await ServerKind.IsContainerAsync() ? await StartContainerAsync() : await StartAsync(new NativeRabbitMq());

    private static async Task<IRabbitMqHost> StartAsync(IRabbitMqHost host)
    {
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    // An engine that answers may still have no way to the image. Whoever names an image, or containers, means it.
    private static async Task<IRabbitMqHost> StartContainerAsync()
    {
        try
        {
            return await StartAsync(new ContainerRabbitMq());
        }
        catch (Exception e) when (!ContainerRabbitMq.IsImageNamed && !ServerKind.IsSettled)
        {
            await Console.Error.WriteLineAsync($"RabbitMQ does not start in a container ({e.GetType().Name}); the system's own is taken.");
            return await StartAsync(new NativeRabbitMq());
        }
    }

    private async Task EnsureStartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_host is null)
            {
                IRabbitMqHost host = await _startHost();
                _management = new RabbitMqManagement(host.Management, host.User, host.Password);
                _host = host;
            }
        }
        finally
        {
            _starting.Release();
        }
    }
}
