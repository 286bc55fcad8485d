using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InterCluster.Core.Wire;
using InterCluster.Testing.Postgres;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>What one gateway is asked about all of them: the list of apps, and the log of calls.</summary>
public sealed class WholeViewTests(PostgresServer database) : IAsyncLifetime
{
    private const string Api = $"/api/v1/projects/{GatewayProcess.Project}";
    private static readonly string[] AdminScope = ["admin"];

    private Function _function = null!;
    private Gateways _gateways = null!;
    private GatewayProcess _first = null!;
    private GatewayProcess _second = null!;

    /// <summary>An app whose home is the first, and one whose home is the second.</summary>
    private string _here = null!;
    private string _there = null!;

    public async ValueTask InitializeAsync()
    {
        _function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));
        _gateways = await Gateways.StartAsync(database, 2);
        (_first, _second) = (_gateways.All[0], _gateways.All[1]);
        var homes = new Dictionary<GatewayProcess, string>();
        for (int i = 0; homes.Count < 2; i++)
        {
            (GatewayProcess home, _) = await _gateways.DeployApartAsync($"app-{i}", _function.Address, $"[intercluster.scaling]\nreplica_concurrency = {i + 1}\n");
            homes[home] = $"app-{i}";
        }

        (_here, _there) = (homes[_first], homes[_second]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateways.DisposeAsync();
        await _function.DisposeAsync();
    }

    [Fact]
    public async Task Any_gateway_tells_of_the_calls_and_the_apps_of_all_and_of_no_other_project()
    {
        string[] runs = [.. await CallAsync(_here, 3), .. await CallAsync(_there, 4)];
        string other = await TokenAsync("p-other");
        // A call is written down when it is over, a moment after its answer.
        await Support.Until.TrueAsync(async () => (await ReadAsync<RequestListView>(_first, $"{Api}/requests")).Requests.Count == runs.Length, "all calls are in the log");
        foreach (GatewayProcess asked in _gateways.All)
        {
            RequestListView list = await ReadAsync<RequestListView>(asked, $"{Api}/requests");
            Assert.Null(list.Unanswered);
            Assert.Equal(runs.Reverse(), list.Requests.Select(r => r.RunId));
            Assert.Equal(runs[3..].Reverse(), (await ReadAsync<RequestListView>(asked, $"{Api}/requests?app={_there}")).Requests.Select(r => r.RunId));
            Assert.Equal(runs.Reverse(), await PagedAsync(asked, 2));
            Assert.Equal([_here, _there], new[] { runs[0], runs[^1] }.Select(id => ReadAsync<RequestView>(asked, $"{Api}/requests/{id}").Result.App));

            AppListView apps = await ReadAsync<AppListView>(asked, $"{Api}/apps");
            Assert.Null(apps.Unanswered);
            Assert.All(apps.Apps, app => Assert.Equal((1, app.Scaling.ReplicaConcurrency), (app.Live!.ReadyReplicas, app.Live.Capacity)));

            // Another project's token: refused the same for what is there and what is not, and nothing of it in its own list.
            foreach (string path in new[] { "/requests", $"/requests/{runs[0]}", $"/requests/{Guid.CreateVersion7()}", "/apps" })
            {
                Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(asked, Api + path, other)).StatusCode);
            }

            foreach (string run in new[] { runs[0], runs[^1], Guid.CreateVersion7().ToString() })
            {
                Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(asked, $"/api/v1/projects/p-other/requests/{run}", other)).StatusCode);
            }

            using HttpResponseMessage own = await SendAsync(asked, "/api/v1/projects/p-other/requests", other);
            Assert.Empty((await own.Content.ReadFromJsonAsync<RequestListView>(WireJson.Options))!.Requests);
        }

        // What gateways ask each other is for nobody else.
        foreach (string path in new[] { "/internal/v1/live", $"/internal/v1/requests/{GatewayProcess.Project}", $"/internal/v1/requests/{GatewayProcess.Project}/{runs[0]}" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await _first.Client.GetAsync(path)).StatusCode);
        }
    }

    [Fact]
    public async Task A_gateway_that_hangs_is_named_and_costs_the_view_a_second_and_its_own_part_only()
    {
        string[] here = await CallAsync(_here, 2);
        string there = (await CallAsync(_there, 1)).Single();
        await Support.Until.TrueAsync(async () => (await ReadAsync<RequestListView>(_first, $"{Api}/requests")).Requests.Count == 3, "all calls are in the log");
        _second.Pause();
        string hung = _second.Address.GetLeftPart(UriPartial.Authority);

        long began = TimeProvider.System.GetTimestamp();
        RequestListView list = await ReadAsync<RequestListView>(_first, $"{Api}/requests");
        AppListView apps = await ReadAsync<AppListView>(_first, $"{Api}/apps");
        // Two views at a second each; the lease of the one that hangs is four.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
        Assert.Equal([hung], list.Unanswered!);
        Assert.Equal(here.Reverse(), list.Requests.Select(r => r.RunId));
        Assert.Equal([hung], apps.Unanswered!);
        Assert.Null(apps.Apps.Single(a => a.App == _there).Live);
        Assert.Equal(1, apps.Apps.Single(a => a.App == _here).Live!.ReadyReplicas);

        // Found where it is known; what may be with the one that hangs is not said to be nowhere.
        Assert.Equal(here[0], (await ReadAsync<RequestView>(_first, $"{Api}/requests/{here[0]}")).RunId);
        using HttpResponseMessage unknown = await SendAsync(_first, $"{Api}/requests/{there}", null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);

        // Its lease is over: it is none of the gateways any more, and nobody waits for it.
        await Support.Until.TrueAsync(async () => (await ReadAsync<AppListView>(_first, $"{Api}/apps")).Unanswered is null, "the view is whole without it");
        using HttpResponseMessage gone = await SendAsync(_first, $"{Api}/requests/{there}", null);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        _second.Resume();
    }

    private async Task<string[]> CallAsync(string app, int count)
    {
        var runs = new List<string>();
        for (int i = 0; i < count; i++)
        {
            // Through both: the one that is not the home passes it on, and it is in one log all the same.
            using HttpResponseMessage answer = await _gateways.InTurn(_gateways.All).Client.PostAsync($"/v4/{GatewayProcess.Project}/{app}/work", null);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            runs.Add(answer.Headers.GetValues("X-Request-Id").Single());
        }

        return [.. runs];
    }

    private static async Task<string[]> PagedAsync(GatewayProcess asked, int limit)
    {
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            RequestListView page = await ReadAsync<RequestListView>(asked, $"{Api}/requests?limit={limit}" + (cursor is null ? "" : $"&cursor={cursor}"));
            seen.AddRange(page.Requests.Select(r => r.RunId));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return [.. seen];
    }

    private async Task<string> TokenAsync(string project)
    {
        using HttpResponseMessage answer = await _first.Control.PostAsJsonAsync($"/api/v1/projects/{project}/keys", new { name = "other", scopes = AdminScope });
        string token = (await answer.Content.ReadFromJsonAsync<KeyView>(WireJson.Options))!.Token!;
        foreach (GatewayProcess gateway in _gateways.All)
        {
            await Support.Until.TrueAsync(async () => (await SendAsync(gateway, $"/api/v1/projects/{project}/apps", token)).StatusCode == HttpStatusCode.OK, "the key is known");
        }

        return token;
    }

    private static async Task<T> ReadAsync<T>(GatewayProcess asked, string path)
    {
        using HttpResponseMessage answer = await asked.Control.GetAsync(path);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {body}");
        return System.Text.Json.JsonSerializer.Deserialize<T>(body, WireJson.Options)!;
    }

    private static async Task<HttpResponseMessage> SendAsync(GatewayProcess asked, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = token is null ? asked.Control.DefaultRequestHeaders.Authorization : new AuthenticationHeaderValue("Bearer", token);
        return await asked.Control.SendAsync(request);
    }
}
