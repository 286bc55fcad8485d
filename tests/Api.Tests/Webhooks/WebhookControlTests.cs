using System.Net;
using System.Net.Http.Json;
using System.Text;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>What callers may ask of a webhook: its endpoint, its secrets, its retries.</summary>
public sealed class WebhookControlTests
{
    [Fact]
    public async Task A_batch_tells_its_end_where_its_upload_says_and_a_bad_endpoint_is_refused()
    {
        await using WebhookApi api = await WebhookApi.StartAsync();
        const string Batches = $"/api/v1/projects/{GatewayHost.Project}/apps/app/functions/work/batches?webhookEndpoint=";
        using HttpResponseMessage refused = await api.Client.PostAsync(
            Batches + Uri.EscapeDataString("https://127.0.0.1/"), new StringContent("{}", Encoding.UTF8, "application/x-ndjson"));
        using HttpResponseMessage taken = await api.Client.PostAsync(
            Batches + Uri.EscapeDataString(WebhookApi.Hook), new StringContent("", Encoding.UTF8, "application/x-ndjson"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Accepted), (refused.StatusCode, taken.StatusCode));
        EndedBatch ended = Assert.Single(await api.Store.EndedBatchesAsync(10, default));
        Assert.Equal((WebhookApi.Hook, 0L), (ended.Target.Url, ended.Batch.Counts.Total));
    }

    [Fact]
    public async Task Two_secrets_are_taken_and_three_are_not()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using WebhookApi api = await WebhookApi.StartAsync(replica);
        using HttpResponseMessage three = await api.CallAsync(WebhookApi.Work, (WireHeaders.WebhookSecret, "a"), (WireHeaders.WebhookSecret, "b"), (WireHeaders.WebhookSecret, "c"));
        using HttpResponseMessage two = await api.CallAsync(WebhookApi.Work, (WireHeaders.WebhookSecret, WebhookApi.Secret), (WireHeaders.WebhookSecret, "n3xt"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (three.StatusCode, two.StatusCode));
        Assert.Equal($"{WebhookApi.Secret} n3xt", api.Opened(await api.DeliveryAsync()));
    }

    [Theory] // X01, X04, X05, X08, X09
    [InlineData("http://hooks.example/")]
    [InlineData("https://hooks.example:22/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://localhost/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://ok@127.0.0.1/")]
    [InlineData("https://hooks.example/#x")]
    [InlineData("https://hooks.example/\r\nX-Evil: 1")]
    [InlineData("ftp://hooks.example/")]
    [InlineData("hooks.example")]
    public async Task An_endpoint_that_may_not_be_called_is_refused_before_anything_happens(string endpoint)
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using WebhookApi api = await WebhookApi.StartAsync(replica);

        foreach (string query in new[] { "", "&async=true" })
        {
            using HttpResponseMessage answer = await api.CallAsync(WebhookApi.WorkFor(endpoint) + query);
            ProblemView problem = (await answer.Content.ReadFromJsonAsync<ProblemView>(WireJson.Options))!;
            Assert.Equal((400, ProblemCodes.InvalidRequest), (problem.Status, problem.Code));
        }

        Assert.Equal(0, replica.Calls);
        Assert.Empty((await api.Runs.Store.ListAsync(new RunFilter(GatewayHost.Project), null, 10, default)).Runs);
    }

    [Theory]
    [InlineData(WireHeaders.WebhookSecret, "")]
    [InlineData(WireHeaders.WebhookSecret, "with space")]
    [InlineData(WireHeaders.WebhookRetries, "forever")]
    [InlineData(WireHeaders.WebhookId, "01a20a1f-6c58-7aef-ba07-88062a86edd0")] // X14: a delivery that asks for a delivery
    public async Task A_bad_control_is_refused(string header, string value)
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using WebhookApi api = await WebhookApi.StartAsync(replica);

        using HttpResponseMessage answer = await api.CallAsync(WebhookApi.Work, (header, value));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(0, replica.Calls);
    }
}
