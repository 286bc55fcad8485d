using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace InterCluster.Testing.Machines;

/// <summary>Whether an engine for containers answers on this machine, one that is new enough for the library that speaks to it.</summary>
public static class DockerEngine
{
    // What the library speaks; an older engine refuses it.
    private static readonly Version Oldest = new(1, 44);

    private static readonly Lazy<bool> Answers = new(Ask);

    /// <summary>Asked once.</summary>
    public static bool IsThere => Answers.Value;

    private static bool IsNewEnough(string answer)
    {
        Match version = Regex.Match(answer, @"^Api-Version: (\d+\.\d+)", RegexOptions.IgnoreCase | RegexOptions.Multiline);
        return answer.Contains(" 200", StringComparison.Ordinal) && version.Success && Version.Parse(version.Groups[1].ValueSpan) >= Oldest;
    }

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
            byte[] answer = new byte[1024];
            int read = socket.Receive(answer);
            return IsNewEnough(Encoding.ASCII.GetString(answer, 0, read));
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
