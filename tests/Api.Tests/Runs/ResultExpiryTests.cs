using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Storage.Retention;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Runs;

/// <summary>410 <c>expired</c>: of a result that was kept for a shorter time than its run, and of a run that is older than all that is kept.</summary>
public sealed class ResultExpiryTests
{
    [Fact]
    public async Task A_result_that_is_kept_no_longer_is_410_and_its_run_says_so()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        await api.SettleAsync(id, run => Settlement.Succeeded(run.Id, run.Lease, new RunResponse(201, [], "made"u8.ToArray())));
        using (HttpResponseMessage kept = await api.Client.GetAsync($"{RunApi.Runs}/{id}/result"))
        {
            Assert.Equal(HttpStatusCode.Created, kept.StatusCode);
        }

        RunView before = (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{id}", WireJson.Options))!;
        Assert.Null(before.ResultExpired);
        await RemoveResultsAsync(api);

        using HttpResponseMessage response = await api.Client.GetAsync($"{RunApi.Runs}/{id}/result");
        await AssertExpiredAsync(response, id);
        Assert.Equal("succeeded", Assert.Single(response.Headers.GetValues(WireHeaders.RunState)));
        RunView after = (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{id}", WireJson.Options))!;
        Assert.Equal((RunState.Succeeded, 201, true), (after.State, after.Status, after.ResultExpired));
    }

    [Fact]
    public async Task A_run_older_than_all_that_is_kept_is_410_for_its_result_and_a_younger_one_404()
    {
        await using RunApi api = await RunApi.StartAsync(new() { ["InterCluster:Storage:Retention:Dead"] = "40.00:00:00" });
        TimeSpan most = TimeSpan.FromDays(40);
        string over = IdOf(DateTimeOffset.UtcNow - most - TimeSpan.FromMinutes(1));
        string within = IdOf(DateTimeOffset.UtcNow - most + TimeSpan.FromMinutes(5));

        using HttpResponseMessage expired = await api.Client.GetAsync($"{RunApi.Runs}/{over}/result");
        await AssertExpiredAsync(expired, over);
        foreach (string path in new[] { $"{within}/result", over, $"{Guid.NewGuid()}/result", $"{IdOf(DateTimeOffset.UtcNow.AddDays(1))}/result" })
        {
            using HttpResponseMessage missing = await api.Client.GetAsync($"{RunApi.Runs}/{path}");
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
            Assert.Contains("run_not_found", await missing.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Another_project_gets_403_for_an_old_id_too()
    {
        await using RunApi api = await RunApi.StartAsync();
        string path = $"{RunApi.Runs}/{IdOf(DateTimeOffset.UtcNow.AddYears(-5))}/result".Replace(GatewayHost.Project, "p-two", StringComparison.Ordinal);
        using HttpResponseMessage response = await api.Client.GetAsync(path);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task A_run_that_grew_too_old_to_start_is_504_too_old()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        await api.SettleAsync(id, run => Settlement.Dead(run.Id, run.Lease, RunErrors.Expired, null));
        using HttpResponseMessage response = await api.Client.GetAsync($"{RunApi.Runs}/{id}/result");
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Contains("too_old", await response.Content.ReadAsStringAsync());
    }

    private static string IdOf(DateTimeOffset time) => RunId.New(new FakeTimeProvider(time)).ToString();

    private static async Task AssertExpiredAsync(HttpResponseMessage response, string id)
    {
        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("expired", problem.RootElement.GetProperty("code").GetString());
        Assert.Equal(id, Assert.Single(response.Headers.GetValues(WireHeaders.RequestId)));
    }

    // As the retention does when their time is over.
    private static async Task RemoveResultsAsync(RunApi api)
    {
        var ended = api.Host.Get<IEndedRuns>();
        NumberedFunction function = Assert.Single(await ended.FunctionsAsync(default));
        Assert.Equal(1, await ended.RemoveResultsAsync(new Keeping(function.Number, RunState.Succeeded, TimeSpan.FromMilliseconds(-1)), 10, default));
    }
}
