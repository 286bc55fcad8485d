using System.Net;
using System.Net.Http.Json;
using System.Text;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Api.Webhooks;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>What the answer of a call with a webhook puts into the store, and what its caller has of it.</summary>
public sealed class CapturedAnswerTests
{
    private static readonly TimeSpan Moments = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task The_answer_of_a_sync_call_is_delivered_and_reaches_the_caller_unchanged()
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            context.Response.ContentType = "text/x-plain";
            context.Response.StatusCode = 418;
            await context.Response.WriteAsync("short ");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync(context.Request.Headers.ContainsKey("X-Webhook-WebhookApi.Secret") + context.Request.QueryString.Value);
        });
        await using WebhookApi api = await WebhookApi.StartAsync(replica);

        using HttpResponseMessage answer = await api.CallAsync(WebhookApi.Work.Replace("?", "?a=b&", StringComparison.Ordinal) + "&c=d", (WireHeaders.WebhookSecret, WebhookApi.Secret), (WireHeaders.WebhookRetries, "lasting"));

        Assert.Equal(418, (int)answer.StatusCode);
        Assert.Equal("short False?a=b&c=d", await answer.Content.ReadAsStringAsync());
        ClaimedDelivery delivery = await api.DeliveryAsync();
        Assert.Equal(answer.Headers.GetValues(WireHeaders.RequestId).Single(), delivery.Subject.Run.ToString());
        Assert.Equal((418, null, null), (delivery.Subject.Status, delivery.Subject.State, delivery.Subject.Error));
        Assert.Equal(("text/x-plain", "short False?a=b&c=d"), (delivery.ContentType, Encoding.UTF8.GetString(delivery.Body!.Value.Span)));
        Assert.Equal((WebhookApi.Hook, WebhookApi.Secret, WebhookRetries.Lasting), (delivery.Target.Url, api.Opened(delivery), delivery.Target.Retries));
    }

    [Fact]
    public async Task The_answer_of_an_async_call_is_delivered_when_the_run_ends()
    {
        await using WebhookApi api = await WebhookApi.StartAsync();
        using HttpResponseMessage accepted = await api.CallAsync($"{WebhookApi.Work}&async=true", (WireHeaders.WebhookSecret, WebhookApi.Secret));
        string id = (await accepted.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId;

        await api.Runs.SettleAsync(id, run => Settlement.Succeeded(run.Id, run.Lease, new RunResponse(200, [new("Content-Type", "text/a")], "done"u8.ToArray())));

        ClaimedDelivery delivery = await api.DeliveryAsync();
        Assert.Equal((id, RunState.Succeeded, 200), (delivery.Subject.Run.ToString(), delivery.Subject.State, delivery.Subject.Status));
        Assert.Equal("done", Encoding.UTF8.GetString(delivery.Body!.Value.Span));
    }

    // Whoever has the whole answer has a delivery that outlives the server.
    [Theory]
    [InlineData("length", "GET")]
    [InlineData("chunks", "GET")]
    [InlineData("empty", "GET")]
    [InlineData("nothing", "GET")]
    [InlineData("length", "HEAD")]
    public async Task The_delivery_of_a_sync_call_is_stored_before_its_answer_ends(string kind, string method)
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            context.Response.StatusCode = kind == "nothing" ? 204 : 200;
            if (kind is "length" or "empty")
            {
                context.Response.ContentLength = kind == "length" ? 10 : 0;
            }

            if (kind is "length" or "chunks" && method == "GET")
            {
                await context.Response.WriteAsync("12345");
                await context.Response.Body.FlushAsync();
                await context.Response.WriteAsync("67890");
            }
        });
        var gate = new GatedStore();
        await using WebhookApi api = await WebhookApi.StartAsync(replica, more: gate.Over);
        using GatedStore opened = gate;
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v4/{GatewayHost.Project}/app/{WebhookApi.Work}");

        Task<HttpResponseMessage> answering = api.Client.SendAsync(request);
        await gate.Asked.Within();
        Assert.False(answering.IsCompleted);
        gate.Open();
        using HttpResponseMessage answer = await answering.Within();

        Assert.True(answer.IsSuccessStatusCode);
        DeliveryInfo delivery = Assert.Single((await api.Store.ListAsync(new DeliveryFilter(GatewayHost.Project), null, 10, default)).Deliveries);
        Assert.Equal(kind is "length" or "chunks" && method == "GET" ? 10 : 0, delivery.BodyBytes);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_holds_an_answer_back_for_moments_only()
    {
        var time = new WatchedTime();
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("done"));
        var gate = new GatedStore();
        await using WebhookApi api = await WebhookApi.StartAsync(replica, more: gate.Over, time: time);
        using GatedStore opened = gate;

        Task<HttpResponseMessage> answering = api.CallAsync(WebhookApi.Work);
        await time.TimerAsync(Moments).Within();
        Assert.False(answering.IsCompleted);
        time.Advance(Moments);
        using HttpResponseMessage answer = await answering.Within();

        Assert.Equal("done", await answer.Content.ReadAsStringAsync());
        gate.Open();
        await api.DeliveryAsync();
    }

    [Fact]
    public async Task A_call_without_an_answer_of_the_function_has_no_delivery()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using WebhookApi api = await WebhookApi.StartAsync(replica);

        using HttpResponseMessage broken = await api.CallAsync(WebhookApi.Work);
        using HttpResponseMessage missing = await api.Client.GetAsync($"/v4/{GatewayHost.Project}/nosuch/{WebhookApi.Work}");

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.NotFound), (broken.StatusCode, missing.StatusCode));
        await api.Host.Get<UnstoredWebhooks>().StopAsync(default);
        Assert.Empty((await api.Store.ListAsync(new DeliveryFilter(GatewayHost.Project), null, 10, default)).Deliveries);
    }

    [Theory]
    [InlineData("InterCluster:Webhooks:MaxBodyBytes", "1000")]
    [InlineData("InterCluster:Webhooks:CaptureBytes", "1000")]
    public async Task An_answer_over_the_limit_reaches_the_caller_whole_and_is_delivered_without_its_body(string setting, string value)
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            for (int i = 0; i < 10; i++)
            {
                await context.Response.WriteAsync(new string('x', 500));
                await context.Response.Body.FlushAsync();
            }
        });
        await using WebhookApi api = await WebhookApi.StartAsync(replica, (setting, value));

        using HttpResponseMessage answer = await api.CallAsync(WebhookApi.Work);

        Assert.Equal(5000, (await answer.Content.ReadAsStringAsync()).Length);
        Assert.Null((await api.DeliveryAsync()).Body);
        // What was kept is given back: a small answer fits again.
        Assert.True(api.Host.Get<CaptureBudget>().TryTake(1000));
    }
}
