using InterCluster.Core.Health;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Health;

/// <summary>Not ready any more from the moment on that the process is asked to stop.</summary>
internal sealed class StoppingReadiness(IHostApplicationLifetime lifetime) : IReadiness
{
    public string? NotReady => lifetime.ApplicationStopping.IsCancellationRequested ? "shutting down" : null;
}
