using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Connection;

/// <summary>Speaks the wire contract. An answer that is not a success ends the command (<see cref="CliException"/>).</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(ConnectionSettings connection)
    {
        Connection = connection;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A proxy of the environment is for the way out, never for this machine.
            UseProxy = !(connection.ControlUrl.IsLoopback && connection.GatewayUrl.IsLoopback),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("intercluster-cli", ProductVersion.Text));
    }

    public ConnectionSettings Connection { get; }

    /// <summary>Asks the control API.</summary>
    public Task<ApiAnswer<T>> ControlAsync<T>(HttpMethod method, string path, CancellationToken ct, HttpContent? content = null) =>
        AskAsync<T>(Connection.ControlUrl, method, path, content, ct);

    /// <summary>Asks the gateway, which serves runs too: a caller with a project's token may reach no other port.</summary>
    public Task<ApiAnswer<T>> GatewayAsync<T>(HttpMethod method, string path, CancellationToken ct, HttpContent? content = null) =>
        AskAsync<T>(Connection.GatewayUrl, method, path, content, ct);

    public static HttpContent Body<T>(T value) => System.Net.Http.Json.JsonContent.Create(value, options: WireJson.Options);

    /// <summary>Sends, with the token, and returns as soon as the headers are there, whatever the status.</summary>
    public async Task<HttpResponseMessage> SendAsync(Uri server, HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, Address(server, path)) { Content = content };
        return await SendAsync(request, ct);
    }

    /// <inheritdoc cref="SendAsync(Uri, HttpMethod, string, HttpContent?, CancellationToken)"/>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (Connection.Token is { } token && request.Headers.Authorization is null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is not (HttpRequestError.ResponseEnded or HttpRequestError.Unknown))
        {
            throw Unreachable(request.RequestUri!, e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw Unreachable(request.RequestUri!, e);
        }
    }

    /// <summary>The failure that an answer tells of.</summary>
    public async Task<CliException> FailureAsync(HttpResponseMessage response, CancellationToken ct) =>
        ProblemReader.Failure(response, await response.Content.ReadAsByteArrayAsync(ct), Connection);

    /// <summary>The whole address; a base URL with a path of its own keeps it.</summary>
    public static Uri Address(Uri server, string path) => new(server.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);

    public void Dispose() => _http.Dispose();

    private async Task<ApiAnswer<T>> AskAsync<T>(Uri server, HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using HttpResponseMessage response = await SendAsync(server, method, path, content, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw await FailureAsync(response, ct);
        }

        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        try
        {
            JsonElement json = JsonElement.Parse(body.Length == 0 ? "{}"u8 : body);
            return new ApiAnswer<T>(LenientJson.Read<T>(json), json);
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCodes.Failed, $"{server} answered {method} {path} with something that is not understood: {e.Message}", e)
            {
                Advice = "Is it an InterCluster server of this version? `intercluster version` shows this one's.",
            };
        }
    }

    private static CliException Unreachable(Uri url, Exception e)
    {
        string why = e.InnerException is SocketException { SocketErrorCode: var code } socket
            ? (code == SocketError.ConnectionRefused ? "nothing listens there" : socket.Message)
            : e is OperationCanceledException ? "no connection within 10 s" : e.Message;
        return new CliException(ExitCodes.Unreachable, $"Cannot reach {url.GetLeftPart(UriPartial.Authority)}: {why}.", e)
        {
            Advice = $"Start a server with `intercluster serve`, or name one with --url and --gateway ({ConnectionVariables.ControlUrl}, {ConnectionVariables.GatewayUrl}).",
        };
    }
}
