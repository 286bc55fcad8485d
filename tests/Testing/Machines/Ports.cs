using System.Net;
using System.Net.Sockets;

namespace InterCluster.Testing.Machines;

/// <summary>Free ports for servers that are killed and come back: below the range that the system takes outgoing ports from.</summary>
public static class Ports
{
    private const int First = 12_000;
    private const int Last = 19_999;
    private static readonly HashSet<int> Taken = [];

    /// <summary>A port that nobody listens on, never given twice by this process.</summary>
    public static int Take()
    {
        lock (Taken)
        {
            while (true)
            {
                int port = Random.Shared.Next(First, Last + 1);
                if (!Taken.Contains(port) && IsFree(port))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
