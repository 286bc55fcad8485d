using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>wrk over HTTP/1.1 keep-alive connections.</summary>
/// <param name="path">The path behind the app's prefix.</param>
/// <param name="connections">Connections, each with one request in flight.</param>
/// <param name="answerBytes">The length that every answer must have.</param>
/// <param name="mode">What wrk.lua does, with its arguments.</param>
internal sealed class HttpLoad(string path, int connections, int answerBytes, params string[] mode) : ILoad
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Loads", "wrk.lua");

    public Task<LoadReport> RunAsync(Target target, int seconds, CancellationToken ct) =>
        LoadProcess.RunAsync(
            "wrk",
            [
                "-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "10s", "--latency", "-s", Script,
                .. target.Headers.SelectMany(header => new[] { "-H", header }),
                target.Url(path).ToString(), "--", .. mode.Length == 0 ? ["plain"] : mode,
            ],
            environment: null,
            ct);

    public async Task VerifyAsync(Target target, CancellationToken ct)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(mode is ["upload", ..] ? HttpMethod.Post : HttpMethod.Get, target.Url(path));
        request.Content = mode is ["upload", var bytes] ? new ByteArrayContent(new byte[int.Parse(bytes)]) : null;
        foreach (var header in target.Headers)
        {
            request.Headers.Add(header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
        }

        using var answer = await http.SendAsync(request, ct);
        var body = await answer.Content.ReadAsByteArrayAsync(ct);
        if (!answer.IsSuccessStatusCode || body.Length != answerBytes)
        {
            throw new InvalidOperationException($"{request.RequestUri} answered {(int)answer.StatusCode} with {body.Length} bytes instead of {answerBytes}");
        }
    }
}
