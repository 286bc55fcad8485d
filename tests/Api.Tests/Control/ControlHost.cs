using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using InterCluster.Api.Control;
using InterCluster.Api.Keys;
using InterCluster.Api.Problems;
using InterCluster.Api.Requests;
using InterCluster.Core.Admission;
using InterCluster.Core.Health;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Requests;
using InterCluster.Core.Scaling;
using InterCluster.Core.Wire;
using InterCluster.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Control;

/// <summary>The control plane on a real server with real stores; only the fleet and the scaler are not, and time stands still.</summary>
internal sealed class ControlHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;

    private ControlHost(WebApplication app, DirectoryInfo folder)
    {
        _app = app;
        _folder = folder;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        AdminToken = File.ReadAllText(Path.Combine(folder.FullName, "admin-key")).Trim();
        AppFolder = folder.CreateSubdirectory("app").FullName;
    }

    public HttpClient Client { get; }

    public string AdminToken { get; }

    public string AppFolder { get; }

    public IServiceProvider Services => _app.Services;

    public FakeTimeProvider Time => (FakeTimeProvider)Services.GetRequiredService<TimeProvider>();

    public FakeFleet Fleet => (FakeFleet)Services.GetRequiredService<IReplicaFleet>();

    public RecordingLogs Logs => Services.GetRequiredService<RecordingLogs>();

    public IReadOnlyList<RouteEndpoint> Endpoints =>
        [.. ((IEndpointRouteBuilder)_app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>()];

    public static async Task<ControlHost> StartAsync(params (string Key, string Value)[] settings)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ic-control-");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
            settings.Append(("InterCluster:Identity:AdminKeyFile", Path.Combine(folder.FullName, "admin-key")))
                .Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2)));
        builder.Services.AddSingleton<RecordingLogs>();
        builder.Services.AddSingleton<ILoggerProvider>(s => s.GetRequiredService<RecordingLogs>());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider>(s => s.GetRequiredService<RecordingLogs>());
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(DateTimeOffset.UtcNow));
        builder.Services.AddSqliteStorage(o => o.DataFolder = Path.Combine(folder.FullName, "data"));
        builder.Services.AddSingleton<IReplicaFleet>(new FakeFleet());
        builder.Services.AddSingleton<IScalingHistory>(new FakeScalingHistory());
        builder.Services.AddSingleton<IAdmissionDirectory>(s => new AdmissionDirectory(s.GetRequiredService<TimeProvider>(), new Random(1)));
        builder.Services.AddSingleton<IRequestLog>(new RequestLog(Options.Create(new RequestLogOptions())));
        builder.Services.AddSingleton<SwitchableReadiness>();
        builder.Services.AddSingleton<IReadiness>(s => s.GetRequiredService<SwitchableReadiness>());
        builder.Services.AddControlApi();
        WebApplication app = builder.Build();
        app.UseAllowedHosts();
        app.UseApiErrors();
        app.MapControl();
        await app.StartAsync();
        return new ControlHost(app, folder);
    }

    public async Task<IssuedKey> IssueAsync(string project = "p-one", Scopes scopes = Scopes.Admin) =>
        (await Services.GetRequiredService<ProjectKeys>().IssueAsync(project, "tests", scopes, 90, default))!;

    public async Task<string> TokenAsync(string project = "p-one", Scopes scopes = Scopes.Admin) => (await IssueAsync(project, scopes)).Token;

    public Task<HttpResponseMessage> SendAsync(string method, string path, string? token, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> DeployAsync(string token, string app = "caption", string? file = null, string? folder = null) =>
        SendAsync("PUT", $"/api/v1/projects/p-one/apps/{app}?folder={Uri.EscapeDataString(folder ?? AppFolder)}", token, Toml(file ?? AppFile(app)));

    public static string AppFile(string app) =>
        $"[intercluster.deployment]\nname = \"{app}\"\n[intercluster.runtime.custom]\nport = 8000\nentrypoint = [\"run\", \"it\"]\n[intercluster.scaling]\nmax_replicas = 3\n";

    public static HttpContent Toml(string text) => Text(text, "application/toml");

    public static HttpContent Json(string text) => Text(text, "application/json");

    public static HttpContent Text(string text, string? type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }

    public static async Task<T> ReadAsync<T>(HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return (await response.Content.ReadFromJsonAsync<T>(WireJson.Options))!;
    }

    /// <summary>Asserts a problem of this status and code.</summary>
    public static async Task<ProblemView> ProblemAsync(HttpResponseMessage response, int status, string code)
    {
        ProblemView problem = await ReadAsync<ProblemView>(response, (HttpStatusCode)status);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal((status, code), (problem.Status, problem.Code));
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>A condition that the test turns.</summary>
internal sealed class SwitchableReadiness : IReadiness
{
    public string? NotReady { get; set; }
}

/// <summary>A scaler that decided once.</summary>
internal sealed class FakeScalingHistory : IScalingHistory
{
    public IReadOnlyList<ScalingRecord> Recent(AppId app) =>
    [
        new(new ScalingInputs(DateTimeOffset.UnixEpoch, 1, 2, 3, null, DateTimeOffset.UnixEpoch), new ScalingDecision(2, "three wait", DateTimeOffset.UnixEpoch, null)),
    ];

    public int Desired(AppId app) => 2;
}

/// <summary>Keeps every line that anything logs.</summary>
internal sealed class RecordingLogs : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(RecordingLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs.Lines.Enqueue($"{category} {formatter(state, exception)} {exception}");
    }
}
