using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.Workers.Tests.Harness;

/// <summary>What the function saw of one call: the ledger of the tests, outside of the system under test.</summary>
internal sealed record Seen(string RunId, int Attempt, string Path, IReadOnlyDictionary<string, string> Headers, string Body, long At);

/// <summary>A real HTTP server that plays the replica of an app.</summary>
internal sealed class Function : IAsyncDisposable
{
    private readonly WebApplication _app;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _aborted = new();
    private int _inFlight;
    private int _most;

    private Function(WebApplication app) => _app = app;

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public ConcurrentQueue<Seen> Calls { get; } = new();

    /// <summary>Completes when the caller of a run's call has hung up.</summary>
    public Task AbortedAsync(string runId) => Aborted(runId).Task.WaitAsync(Patience, TimeProvider.System);

    public int MostInFlight => Volatile.Read(ref _most);

    public IEnumerable<Seen> CallsOf(string runId) => Calls.Where(c => c.RunId == runId);

    public static async Task<Function> StartAsync(Func<HttpContext, Seen, Task> handler)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        var function = new Function(app);
        app.Run(context => function.HandleAsync(context, handler));
        await app.StartAsync();
        return function;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private TaskCompletionSource Aborted(string runId) => _aborted.GetOrAdd(runId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task HandleAsync(HttpContext context, Func<HttpContext, Seen, Task> handler)
    {
        string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        var seen = new Seen(
            context.Request.Headers["X-Request-Id"].ToString(),
            // A sync call has none.
            int.TryParse(context.Request.Headers["X-InterCluster-Attempt"], System.Globalization.CultureInfo.InvariantCulture, out int attempt) ? attempt : 0,
            context.Request.Path + context.Request.QueryString.ToString(),
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body,
            TimeProvider.System.GetTimestamp());
        context.RequestAborted.Register(() => Aborted(seen.RunId).TrySetResult());
        Calls.Enqueue(seen);
        int now = Interlocked.Increment(ref _inFlight);
        for (int most = _most; now > most; most = _most)
        {
            Interlocked.CompareExchange(ref _most, now, most);
        }

        try
        {
            await handler(context, seen);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
