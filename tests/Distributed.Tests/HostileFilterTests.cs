using System.Net;
using System.Text;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Distributed.Tests;

/// <summary>
/// RELIABILITY T03: whatever a list, a search, a stream or an export is filtered by, it is of the caller's own project. Every endpoint of a project that is read
/// from is asked, so a new one is among them.
/// </summary>
public sealed class HostileFilterTests : IAsyncLifetime
{
    private const string Theirs = "p-theirs";
    private const string Canary = "canary";

    private static readonly string[] Parameters = ["project", "app", "function", "state", "batch", "tag", "run", "status", "min_status", "cursor", "from", "to", "limit"];
    private static readonly string[] Values = [Theirs, Canary, "*", "%", "_%", "' or '1'='1", "x') or 1=1 --", "p-test\0", "\0", "p-test,p-theirs", "$ne", "../p-theirs", "\u202e"];

    private Function _function = null!;
    private TestServer _server = null!;
    private string _run = "";
    private string _batch = "";

    public async ValueTask InitializeAsync()
    {
        _function = await Function.StartAsync((context, _) => context.Response.WriteAsync(Canary));
        _server = await TestServer.StartAsync(null);
        await _server.DeployAsync("app", _function.Address);
        await _server.DeployAsync(Canary, _function.Address, project: Theirs);
        await _server.EndAsync(await _server.SubmitAsync("app"));
        _run = await _server.SubmitAsync(Canary, Canary, Theirs);
        await _server.EndAsync(_run, Theirs);
        _batch = await _server.SubmitManyAsync(Canary, Canary, 3, Theirs);
        await _server.PutScheduleAsync(Canary, new { cron = "0 9 * * *", app = Canary }, Theirs);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _function.DisposeAsync();
    }

    [Fact]
    public async Task No_filter_shows_what_is_another_projects()
    {
        using HttpClient mine = _server.ControlClient(await _server.IssueAsync(TestServer.Project, "mine"));
        using HttpClient theirs = _server.ControlClient(await _server.IssueAsync(Theirs, Canary));
        string[] patterns = [.. Patterns()];
        int shown = 0;
        var leaks = new List<string>();
        foreach (string pattern in patterns)
        {
            // To its own project it is there: the others' silence means something.
            shown += (await AskAsync(theirs, Fill(pattern, Theirs, Canary))).Text.Contains(Canary, StringComparison.Ordinal) ? 1 : 0;
            foreach (string path in (string[])[Fill(pattern, TestServer.Project, "app"), Fill(pattern, TestServer.Project, Canary)])
            {
                leaks.AddRange(await LeaksAsync(mine, path));
            }
        }

        Assert.Equal([], leaks);
        Assert.InRange(patterns.Length, 15, int.MaxValue);
        Assert.InRange(shown, 8, int.MaxValue);
    }

    [Theory]
    [InlineData("p-*")]
    [InlineData("%25")]
    [InlineData("p-test%00")]
    [InlineData("p-test'--")]
    [InlineData("p-test%2Cp-theirs")]
    [InlineData("p-theirs")]
    public async Task No_spelling_of_the_project_is_wider_than_it(string project)
    {
        using HttpClient mine = _server.ControlClient(await _server.IssueAsync(TestServer.Project, "mine"));
        foreach (string pattern in Patterns())
        {
            (HttpStatusCode status, string text) = await AskAsync(mine, Fill(pattern, project, Canary));
            Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, $"{pattern}: {status}");
            Assert.DoesNotContain(_run, text, StringComparison.Ordinal);
        }
    }

    private async Task<List<string>> LeaksAsync(HttpClient client, string path)
    {
        var leaks = new List<string>();
        IEnumerable<string> queries = ["", .. from parameter in Parameters from value in Values select $"?{parameter}={Uri.EscapeDataString(value)}"];
        foreach (string query in queries)
        {
            (HttpStatusCode status, string text) = await AskAsync(client, path + query);
            // What was asked for may be said back in a refusal; what is theirs and was not asked for may not.
            bool isAnswer = (int)status < 300;
            if ((int)status >= 500 || text.Contains(_function.Address, StringComparison.Ordinal) && path.Contains(Canary, StringComparison.Ordinal)
                || (isAnswer && (text.Contains(Canary, StringComparison.Ordinal) || text.Contains(_run, StringComparison.Ordinal))))
            {
                leaks.Add($"{path}{query}: {status} {text[..Math.Min(200, text.Length)]}");
            }
        }

        return leaks;
    }

    private IEnumerable<string> Patterns() => (
        from endpoint in _server.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true
        let pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where pattern.Contains("{project}", StringComparison.Ordinal)
        select pattern).Distinct();

    private string Fill(string pattern, string project, string app)
    {
        string path = pattern.Replace("{project}", project, StringComparison.Ordinal).Replace("{app}", app, StringComparison.Ordinal)
            .Replace("{runId}", _run, StringComparison.Ordinal).Replace("{name}", Canary, StringComparison.Ordinal);
        string id = path.Contains("/batches/", StringComparison.Ordinal) ? _batch : _run;
        return System.Text.RegularExpressions.Regex.Replace(path, @"\{\w+\}", id);
    }

    // Of a stream, what it begins with.
    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpClient client, string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using HttpResponseMessage answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        await using Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
        bool isStream = answer.Content.Headers.ContentType?.MediaType is "text/event-stream";
        using var text = new StreamReader(body, Encoding.UTF8);
        return (answer.StatusCode, isStream ? await text.ReadLineAsync(limit.Token) ?? "" : await text.ReadToEndAsync(limit.Token));
    }
}
