using System.Net;
using System.Net.Sockets;
using InterCluster.Core.Egress;

namespace InterCluster.Dispatcher.Webhooks;

/// <summary>
/// Connects to a receiver: the name is looked up once, every address is judged, and the connection is made to one that was judged. One address that
/// may not be called refuses the name, so a name that changes its mind between two look-ups gains nothing.
/// </summary>
internal sealed class CheckedConnection(EgressPolicy policy, IHostResolver resolver)
{
    /// <summary>The request's target, for the connection that it needs.</summary>
    public static readonly HttpRequestOptionsKey<EgressTarget> Target = new("intercluster.webhook.target");

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(Target, out EgressTarget? target) || policy.WhyNot(target) is not null)
        {
            throw new BlockedAddressException();
        }

        IPAddress[] addresses = target.Address is { } literal ? [literal] : await resolver.ResolveAsync(target.Host, ct).ConfigureAwait(false);
        if (addresses.Any(address => !policy.Allows(target, address)))
        {
            throw new BlockedAddressException();
        }

        return await ConnectAsync(addresses, target.Port, ct).ConfigureAwait(false);
    }

    private static async Task<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken ct)
    {
        SocketException? last = null;
        foreach (IPAddress address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), ct).ConfigureAwait(false);
                return new PoolStream(socket);
            }
            catch (SocketException e)
            {
                last = e;
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>
    /// What follows a read or a write (a TLS handshake with its signatures among it) runs on the thread pool: sockets of this process complete on
    /// their I/O thread, which also serves calls.
    /// </summary>
    private sealed class PoolStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return read;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }
}
