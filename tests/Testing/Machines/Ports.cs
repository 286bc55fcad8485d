using System.Net;
using System.Net.Sockets;

namespace InterCluster.Testing.Machines;

/// <summary>
/// Free ports for servers that are killed and come back: below the range that the system takes outgoing ports from, or a client that calls while nobody listens
/// may be given the very port that it calls. Each is given out once on this machine while the process lives that took it: test projects run side by side.
/// </summary>
public static class Ports
{
    private const int First = 10_000;
    private const int RangesFirst = 20_000;
    private const int RangesLast = 31_999;
    private const int RangeLength = 100;

    // Locked files say to other processes what is taken; the system frees them with the process, however that ends.
    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"intercluster-test-ports-{Environment.UserName}")).FullName;
    private static readonly Dictionary<int, FileStream> Taken = [];

    /// <summary>A port that nobody listens on.</summary>
    public static int Take()
    {
        while (true)
        {
            int port = Random.Shared.Next(First, RangesFirst);
            if (TryTake(port) && IsFree(port))
            {
                return port;
            }
        }
    }

    /// <summary>The first of a hundred, for the replicas of a server.</summary>
    public static int TakeRange()
    {
        while (true)
        {
            int first = RangesFirst + (RangeLength * Random.Shared.Next((RangesLast - RangesFirst) / RangeLength));
            if (TryTake(first))
            {
                return first;
            }
        }
    }

    private static bool TryTake(int port)
    {
        lock (Taken)
        {
            if (Taken.ContainsKey(port))
            {
                return false;
            }

            try
            {
                Taken.Add(port, new FileStream(Path.Combine(Folder, $"{port}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
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
