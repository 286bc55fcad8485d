using System.Net;
using System.Net.Sockets;

namespace InterCluster.Replicas.Processes;

/// <summary>
/// Free ports for replicas, none given twice while in use. Not the system's own choice (port 0): that comes from the range of outgoing
/// connections, where a busy gateway could take the port before the replica listens on it.
/// </summary>
internal sealed class PortAllocator(int first, int last, Random random)
{
    private readonly HashSet<int> _taken = [];
    private readonly Lock _lock = new();

    /// <summary>A port that nobody listens on; null when all are taken.</summary>
    public int? Take()
    {
        lock (_lock)
        {
            int count = last - first + 1;
            int start = random.Next(count);
            for (int i = 0; i < count; i++)
            {
                int port = first + ((start + i) % count);
                if (!_taken.Contains(port) && IsFree(port))
                {
                    _taken.Add(port);
                    return port;
                }
            }

            return null;
        }
    }

    /// <summary>Marks the port of a replica that was found again.</summary>
    public void Keep(int port)
    {
        lock (_lock)
        {
            _taken.Add(port);
        }
    }

    public void Release(int port)
    {
        lock (_lock)
        {
            _taken.Remove(port);
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
