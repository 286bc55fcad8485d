using System.Collections.Frozen;
using System.Net;
using InterCluster.Api.Problems;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Control;

/// <summary>
/// Refuses requests that name a host which is not ours: a web page whose own name was made to lead to this machine (DNS rebinding) would otherwise be
/// of the same origin as the control plane. An IP address cannot be somebody's name, and is taken.
/// </summary>
public static class AllowedHostsExtensions
{
    /// <summary>Goes before everything else of the control plane.</summary>
    public static IApplicationBuilder UseAllowedHosts(this IApplicationBuilder app) => app.UseMiddleware<AllowedHosts>();
}

/// <inheritdoc cref="AllowedHostsExtensions"/>
internal sealed class AllowedHosts(RequestDelegate next, IOptions<ControlOptions> options)
{
    private const string Local = "localhost";
    private readonly FrozenSet<string> _names = options.Value.AllowedHosts.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context) => IsOurs(context.Request.Host.Host)
        ? next(context)
        : Problem.WriteAsync(
            context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The control plane is not known by this host name; InterCluster:Control:AllowedHosts lists its names.");

    private bool IsOurs(string host) =>
        host.Equals(Local, StringComparison.OrdinalIgnoreCase)
        || host.EndsWith("." + Local, StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || _names.Contains(host);
}
