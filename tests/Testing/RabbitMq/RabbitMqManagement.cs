using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace InterCluster.Testing.RabbitMq;

/// <summary>What the tests ask of a broker behind the back of the system under test.</summary>
public sealed class RabbitMqManagement : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private readonly HttpClient _http;

    internal RabbitMqManagement(Uri address, string user, string password)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{password}")));
    }

    public Task AddVirtualHostAsync(string name) => SendAsync(HttpMethod.Put, $"/api/vhosts/{name}");

    public Task DeleteVirtualHostAsync(string name) => SendAsync(HttpMethod.Delete, $"/api/vhosts/{name}");

    public Task DeleteQueueAsync(string host, string queue) => SendAsync(HttpMethod.Delete, $"/api/queues/{host}/{Uri.EscapeDataString(queue)}");

    /// <summary>The queues, as the broker describes them.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueuesAsync(string host) => await ListAsync($"/api/queues/{host}");

    public async Task<IReadOnlyList<JsonElement>> ExchangesAsync(string host) => await ListAsync($"/api/exchanges/{host}");

    /// <summary>Puts a message on a queue past every client.</summary>
    public async Task PublishAsync(string host, string queue, string body)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync(
            $"/api/exchanges/{host}/amq.default/publish",
            new { properties = new { content_type = "application/vnd.masstransit+json" }, routing_key = queue, payload = body, payload_encoding = "string" });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Closes every connection into a virtual host; how many.</summary>
    public async Task<int> CloseConnectionsAsync(string host)
    {
        IReadOnlyList<JsonElement> connections = await ListAsync($"/api/vhosts/{host}/connections");
        foreach (JsonElement connection in connections)
        {
            await SendAsync(HttpMethod.Delete, $"/api/connections/{Uri.EscapeDataString(connection.GetProperty("name").GetString()!)}");
        }

        return connections.Count;
    }

    public void Dispose() => _http.Dispose();

    internal static async Task AnswersAsync(Uri address, string user, string password, Func<bool> ended, Func<string> logs)
    {
        using var management = new RabbitMqManagement(address, user, password);
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await management.SendAsync(HttpMethod.Get, "/api/health/checks/local-alarms");
                return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                if (ended() || Stopwatch.GetElapsedTime(began) > StartLimit)
                {
                    throw new InvalidOperationException($"RabbitMQ did not start.\n{logs()}", e);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }
        }
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string path) => await _http.GetFromJsonAsync<JsonElement[]>(path) ?? [];

    private async Task SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Put)
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        using HttpResponseMessage answer = await _http.SendAsync(request);
        if (answer.StatusCode != System.Net.HttpStatusCode.NotFound || method != HttpMethod.Delete)
        {
            answer.EnsureSuccessStatusCode();
        }
    }
}
