using InterCluster.Api.Homes;
using InterCluster.Api.Problems;
using InterCluster.Api.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Gateway;

/// <summary>
/// The data plane's own server, apart from the control plane's: another socket layer, other limits, no middleware. Starts after everything
/// that it calls and stops before it.
/// </summary>
internal sealed partial class GatewayServer(
    IServiceProvider services, GatewayPipeline pipeline, GatewayState state, WebSocketTunnels tunnels, IOptions<GatewayOptions> options,
    TimeProvider time, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private readonly ILogger _log = loggers.CreateLogger<GatewayServer>();
    private readonly GatewayOptions _options = options.Value;
    private IHost? _host;
    private IServer? _server;

    /// <summary>Where it listens, once started.</summary>
    public IReadOnlyCollection<string> Addresses =>
        [.. _server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _host = GatewayListener.BuildHost(_options, takesHops: services.GetService<HopEndpoint>() is not null, loggers, time);
        _server = _host.Services.GetRequiredService<IServer>();
        var application = new GatewayApplication(
            pipeline, OtherEndpoints(), TrustedProxies.From(_options.TrustedProxies), services.GetRequiredService<IServiceScopeFactory>(), loggers.CreateLogger<GatewayApplication>());
        await _server.StartAsync(application, cancellationToken).ConfigureAwait(false);
        state.Serve();
        LogListening(string.Join(", ", Addresses));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is null)
        {
            return;
        }

        state.Leave();
        await Task.Delay(_options.DrainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        state.Drain();
        LogDraining(tunnels.Count);
        using var grace = new CancellationTokenSource(_options.DrainTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, cancellationToken);
        // Sockets are told within the first half of the grace, so that their good-byes fit into the second.
        Task goodByes = tunnels.CloseAllAsync(_options.DrainTimeout / 2, limit.Token);
        await _server.StopAsync(limit.Token).ConfigureAwait(false);
        await goodByes.ConfigureAwait(false);
        LogStopped(tunnels.Count);
    }

    public void Dispose() => _host?.Dispose();

    private RequestDelegate OtherEndpoints()
    {
        var app = new ApplicationBuilder(services);
        app.UseApiErrors();
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            foreach (IGatewayEndpoints extra in services.GetServices<IGatewayEndpoints>())
            {
                extra.Map(endpoints);
            }
        });
        app.Run(http => Problems.Problem.WriteAsync(http, StatusCodes.Status404NotFound, Core.Wire.ProblemCodes.NotFound, "There is nothing here."));
        return app.Build();
    }

    [LoggerMessage(1, LogLevel.Information, "The gateway listens on {Addresses}")]
    private partial void LogListening(string addresses);

    [LoggerMessage(2, LogLevel.Information, "The gateway drains: no new calls; {Sockets} WebSockets are told to go")]
    private partial void LogDraining(int sockets);

    [LoggerMessage(3, LogLevel.Information, "The gateway has stopped; {Sockets} WebSockets were cut")]
    private partial void LogStopped(int sockets);
}
