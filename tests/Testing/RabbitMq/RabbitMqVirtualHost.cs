using System.Text.Json;

namespace InterCluster.Testing.RabbitMq;

/// <summary>A virtual host of the broker: what one test class has to itself.</summary>
public sealed class RabbitMqVirtualHost(RabbitMqServer server, string name) : IAsyncDisposable
{
    public RabbitMqServer Server { get; } = server;

    public string Name { get; } = name;

    public Uri Address => Server.Address(Name);

    /// <summary>The queue as the broker describes it; null when there is none.</summary>
    public async Task<JsonElement?> QueueAsync(string queue)
    {
        foreach (JsonElement found in await Server.Management.QueuesAsync(Name))
        {
            if (found.GetProperty("name").GetString() == queue)
            {
                return found;
            }
        }

        return null;
    }

    public Task<IReadOnlyList<JsonElement>> QueuesAsync() => Server.Management.QueuesAsync(Name);

    public Task<IReadOnlyList<JsonElement>> ExchangesAsync() => Server.Management.ExchangesAsync(Name);

    public Task DeleteQueueAsync(string queue) => Server.Management.DeleteQueueAsync(Name, queue);

    public Task PublishAsync(string queue, string body) => Server.Management.PublishAsync(Name, queue, body);

    public Task<int> CloseConnectionsAsync() => Server.Management.CloseConnectionsAsync(Name);

    public async ValueTask DisposeAsync() => await Server.Management.DeleteVirtualHostAsync(Name);
}
