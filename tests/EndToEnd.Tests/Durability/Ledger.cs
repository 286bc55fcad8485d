using System.Collections.Concurrent;
using System.Globalization;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.EndToEnd.Tests.Durability;

/// <summary>What a call of the function was.</summary>
internal readonly record struct Invocation(string RunId, int Attempt);

/// <summary>A function that notes each call. It lives outside of the server and sees what really happened.</summary>
internal sealed class Ledger : IAsyncDisposable
{
    private readonly ConcurrentQueue<Invocation> _invocations = new();
    private readonly WebApplication _app;

    private Ledger(WebApplication app) => _app = app;

    public IReadOnlyList<Invocation> Invocations => [.. _invocations];

    public string Address => _app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<Ledger> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var ledger = new Ledger(app);
        app.Run(ledger.AppendAsync);
        await app.StartAsync();
        return ledger;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AppendAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        // A readiness probe of the server's is not a call.
        if (headers[WireHeaders.RequestId] is [{ } id])
        {
            _invocations.Enqueue(new Invocation(id, int.Parse(headers[WireHeaders.Attempt].ToString(), CultureInfo.InvariantCulture)));
        }

        return context.Response.WriteAsync("noted");
    }
}
