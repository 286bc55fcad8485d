using System.Net;
using System.Net.Sockets;

namespace InterCluster.EndToEnd.Tests.Support;

/// <summary>
/// Ports for servers that are killed and come back: below the range that the system takes outgoing ports from, or a client that calls while
/// nobody listens may be given the very port that it calls.
/// </summary>
internal static class FreePorts
{
    private const int First = 10_000;
    private const int ReplicasFirst = 20_000;
    private const int ReplicasLast = 31_999;
    private const int ReplicasEach = 100;
    private static readonly HashSet<int> Taken = [];

    public static int Take()
    {
        while (true)
        {
            int port = Random.Shared.Next(First, ReplicasFirst);
            if (IsFree(port) && TakeAlone(port))
            {
                return port;
            }
        }
    }

    /// <summary>The first of a hundred for a server's replicas.</summary>
    public static int TakeRange()
    {
        while (true)
        {
            int first = ReplicasFirst + (ReplicasEach * Random.Shared.Next((ReplicasLast - ReplicasFirst) / ReplicasEach));
            if (TakeAlone(first))
            {
                return first;
            }
        }
    }

    // Tests run side by side.
    private static bool TakeAlone(int port)
    {
        lock (Taken)
        {
            return Taken.Add(port);
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
