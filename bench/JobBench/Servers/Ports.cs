using System.Net;
using System.Net.Sockets;

namespace InterCluster.Bench.Jobs.Servers;

internal static class Ports
{
    /// <summary>A port that nothing listens on now.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Returns when something listens.</summary>
    public static async Task WaitAsync(int port, CancellationToken ct)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, late.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100, late.Token);
            }
        }
    }
}
