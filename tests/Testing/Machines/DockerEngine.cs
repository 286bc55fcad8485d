using System.Net.Sockets;

namespace InterCluster.Testing.Machines;

/// <summary>The engine for containers of this machine, where there is one that its client and it have a version of their API in common.</summary>
public static class DockerEngine
{
    private const string VersionVariable = "DOCKER_API_VERSION";

    // What the client speaks unless the variable says another; an engine refuses what is newer than itself.
    private static readonly Version ClientVersion = new(1, 44);
    private static readonly Version OldestUsable = new(1, 41);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly Task<bool> Answers = Task.Run(AskAsync);

    /// <summary>Asked once. For an engine that is older than the client, this also tells the client which version to speak.</summary>
    public static Task<bool> IsThereAsync() => Answers;

    /// <summary>kill -9 of a container's first process, and with it of all others; the container stays, to be started again.</summary>
    public static async Task KillAsync(string container)
    {
        using HttpClient engine = Connect();
        using HttpResponseMessage answer = await engine.PostAsync($"/containers/{container}/kill?signal=KILL", null);
        answer.EnsureSuccessStatusCode();
        // Answered once the container has ended.
        using HttpResponseMessage ended = await engine.PostAsync($"/containers/{container}/wait", null);
        ended.EnsureSuccessStatusCode();
    }

    /// <summary>The version to speak with an engine whose newest is this, or null when there is none.</summary>
    internal static Version? VersionFor(Version engine, string? asked) =>
        Version.TryParse(asked, out Version? named) ? (named <= engine ? named : null)
        : engine >= ClientVersion ? ClientVersion
        : engine >= OldestUsable ? engine
        : null;

    private static async Task<bool> AskAsync()
    {
        string? asked = Environment.GetEnvironmentVariable(VersionVariable);
        try
        {
            using HttpClient engine = Connect();
            using HttpResponseMessage ping = await engine.GetAsync("/_ping");
            if (!ping.Headers.TryGetValues("Api-Version", out IEnumerable<string>? newest)
                || !Version.TryParse(newest.First(), out Version? version)
                || VersionFor(version, asked) is not { } common)
            {
                return false;
            }

            // A new engine may have given up the version that was asked for.
            using HttpResponseMessage agreed = await engine.GetAsync($"/v{common}/_ping");
            if (agreed.IsSuccessStatusCode && common != ClientVersion && string.IsNullOrEmpty(asked))
            {
                Environment.SetEnvironmentVariable(VersionVariable, common.ToString());
            }

            return agreed.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            return false;
        }
    }

    private static HttpClient Connect()
    {
        var address = new Uri(Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : "unix:///var/run/docker.sock");
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (address.Scheme != "unix")
        {
            return new HttpClient(handler) { BaseAddress = new UriBuilder(address) { Scheme = "http" }.Uri, Timeout = Patience };
        }

        handler.ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.AbsolutePath), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://engine"), Timeout = Patience };
    }
}
