using System.Runtime.InteropServices;
using InterCluster.Core.Gateways;

namespace InterCluster.Server.Hosting;

/// <summary>A process with the gateway's role takes the seat before anything of it starts, and stops when the seat is lost.</summary>
internal static class GatewaySeats
{
    public static async Task TakeAsync(IServiceProvider services, Roles roles)
    {
        if (!roles.HasFlag(Roles.Api) || services.GetService<IGatewaySeat>() is not { } seat)
        {
            return;
        }

        IHostApplicationLifetime lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        // The host does not listen for signals before it runs, and a process that stands by is to end on one.
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => lifetime.StopApplication());
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => lifetime.StopApplication());
        await seat.TakeAsync(lifetime.ApplicationStopping).ConfigureAwait(false);
        seat.Lost.Register(() => Environment.FailFast("The gateway's seat is another's."));
    }
}
