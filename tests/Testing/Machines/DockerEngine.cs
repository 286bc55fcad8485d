using System.Net.Sockets;

namespace InterCluster.Testing.Machines;

/// <summary>Whether an engine for containers answers on this machine.</summary>
public static class DockerEngine
{
    private static readonly Lazy<bool> Answers = new(Ask);

    /// <summary>Asked once.</summary>
    public static bool IsThere => Answers.Value;

    private static bool Ask()
    {
        string host = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
        if (!Uri.TryCreate(host, UriKind.Absolute, out Uri? address))
        {
            return false;
        }

        try
        {
            using Socket socket = address.Scheme == "unix"
                ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                : new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.SendTimeout = socket.ReceiveTimeout = 2000;
            if (address.Scheme == "unix")
            {
                socket.Connect(new UnixDomainSocketEndPoint(address.AbsolutePath));
            }
            else
            {
                socket.Connect(address.Host, address.Port);
            }

            socket.Send("GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n"u8);
            byte[] answer = new byte[64];
            int read = socket.Receive(answer);
            return answer.AsSpan(0, read).IndexOf(" 200"u8) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
