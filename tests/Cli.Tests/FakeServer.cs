using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InterCluster.Cli.Tests;

/// <summary>A request as it arrived.</summary>
internal sealed record Arrived(string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name.ToLowerInvariant());
}

/// <summary>Kestrel with scripted answers: the gateway and the control API at once. What was not scripted is answered 404 without a code.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _answers = new();
    private readonly ConcurrentQueue<Arrived> _arrived = new();
    private readonly WebApplication _app;

    private FakeServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public IReadOnlyList<Arrived> Requests => [.. _arrived];

    public Arrived Only => Assert.Single(_arrived);

    public static async Task<FakeServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var server = new FakeServer(app);
        app.UseWebSockets();
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Scripts an answer for a method and a path without its query.</summary>
    public void On(string call, Func<HttpContext, Task> answer) => _answers[call] = answer;

    public void On<T>(string call, T value, int status = 200) => On(call, c => WriteAsync(c, status, "application/json", value));

    public void OnProblem(string call, int status, string code, string? detail = null, IReadOnlyList<string>? errors = null) => On(
        call,
        c => WriteAsync(c, status, "application/problem+json", new ProblemView
        {
            Title = "Title", Status = status, Code = code, Detail = detail, Errors = errors,
        }));

    public static Task WriteAsync<T>(HttpContext context, int status, string type, T value)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(value is string text ? text : JsonSerializer.Serialize(value, WireJson.Options));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var arrived = new Arrived(
            request.Method,
            request.Path + request.QueryString,
            request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
            context.WebSockets.IsWebSocketRequest ? "" : await reader.ReadToEndAsync());
        _arrived.Enqueue(arrived);
        context.Items[typeof(Arrived)] = arrived;
        if (_answers.TryGetValue($"{request.Method} {request.Path}", out Func<HttpContext, Task>? answer))
        {
            await answer(context);
        }
        else
        {
            await WriteAsync(context, 404, "text/plain", "not scripted");
        }
    }

}
