using System.Globalization;
using InterCluster.Testing.Machines;
using Testcontainers.RabbitMq;

namespace InterCluster.Testing.RabbitMq;

/// <summary>RabbitMQ as a container, on host ports that stay the same when it comes back.</summary>
internal sealed class ContainerRabbitMq : IRabbitMqHost
{
    private const string DefaultImage = "rabbitmq:4-management";
    private const int Amqp = 5672;
    private const int Http = 15672;

    private readonly int _management = Ports.Take();
    private readonly RabbitMqContainer _container;

    public ContainerRabbitMq()
    {
        _container = new RabbitMqBuilder(NamedImage ?? DefaultImage)
            .WithUsername(User)
            .WithPassword(Password)
            // The node's name is the name of its data: the same when it comes back.
            .WithHostname("rabbitmq")
            .WithPortBinding(Port.ToString(CultureInfo.InvariantCulture), Amqp.ToString(CultureInfo.InvariantCulture))
            .WithPortBinding(_management.ToString(CultureInfo.InvariantCulture), Http.ToString(CultureInfo.InvariantCulture))
            .Build();
    }

    /// <summary>The image that somebody asked for.</summary>
    public static string? NamedImage => Environment.GetEnvironmentVariable("INTERCLUSTER_TEST_RABBITMQ_IMAGE") is { Length: > 0 } named ? named : null;

    public int Port { get; } = Ports.Take();

    public Uri Management => new($"http://127.0.0.1:{_management}");

    public string User => "intercluster";

    public string Password => "intercluster";

    public async Task StartAsync()
    {
        await _container.StartAsync();
        await RabbitMqManagement.AnswersAsync(Management, User, Password, () => false, () => "");
    }

    public async Task ControlAsync(params string[] arguments)
    {
        var result = await _container.ExecAsync(["rabbitmqctl", .. arguments]);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl ended with {result.ExitCode}: {result.Stderr}");
        }
    }

    public Task KillAsync() => DockerEngine.KillAsync(_container.Id);

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
