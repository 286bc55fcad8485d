using System.Net;
using Yarp.ReverseProxy.Configuration;

namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>Bare YARP as its first page shows it. <c>inline</c> changes the thread on which requests run, and nothing else.</summary>
internal static class YarpApp
{
    public static async Task<int> RunAsync(int port, string upstream, int apps, bool inline)
    {
        var builder = WebApplication.CreateBuilder();
        // The default console log at Information would write several lines per request; nobody runs it so.
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, port));
        if (inline)
        {
            builder.WebHost.UseSockets(o =>
            {
                o.UnsafePreferInlineScheduling = true;
                o.IOQueueCount = 1;
            });
        }

        builder.WebHost.ConfigureKestrel(o => o.Limits.MaxRequestBodySize = null);
        builder.Services.AddReverseProxy().LoadFromMemory(Routes(apps), Clusters(upstream));
        var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
        return 0;
    }

    /// <summary>With no apps, one route for everything: the cheapest that YARP can be asked for.</summary>
    private static IReadOnlyList<RouteConfig> Routes(int apps) => apps == 0
        ? [Route("all", "{**path}", null)]
        : [.. Enumerable.Range(0, apps).Select(i => Route($"app-{i}", $"{Target.AppPath(i)}/{{**path}}", Target.AppPath(i)))];

    private static RouteConfig Route(string id, string path, string? prefix) => new()
    {
        RouteId = id,
        ClusterId = "upstream",
        Match = new RouteMatch { Path = path },
        Transforms = prefix is null ? null : [new Dictionary<string, string> { ["PathRemovePrefix"] = prefix }],
    };

    private static IReadOnlyList<ClusterConfig> Clusters(string upstream) =>
    [
        new() { ClusterId = "upstream", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = upstream } } },
    ];
}
