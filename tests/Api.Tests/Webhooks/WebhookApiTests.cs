using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Api.Tests.Runs;
using InterCluster.Api.Webhooks;
using InterCluster.Core.Egress;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>What calls with a webhook put into the store, and what the API shows of it. Nothing is sent here.</summary>
public sealed class WebhookApiTests
{
    private const string Deliveries = $"/api/v1/projects/{GatewayHost.Project}/webhooks/deliveries";
    private const string Hook = "https://hooks.example/take?token=t0ken";
    private const string Secret = "s3cret-s3cret";

    [Fact]
    public async Task The_answer_of_a_sync_call_is_delivered_and_reaches_the_caller_unchanged()
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            context.Response.ContentType = "text/x-plain";
            context.Response.StatusCode = 418;
            await context.Response.WriteAsync("short ");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync(context.Request.Headers.ContainsKey("X-Webhook-Secret") + context.Request.QueryString.Value);
        });
        await using RunApi api = await StartAsync(replica);

        using HttpResponseMessage answer = await CallAsync(api, $"work?a=b&webhookEndpoint={Uri.EscapeDataString(Hook)}&c=d", (WireHeaders.WebhookSecret, Secret), (WireHeaders.WebhookRetries, "lasting"));

        Assert.Equal(418, (int)answer.StatusCode);
        Assert.Equal("short False?a=b&c=d", await answer.Content.ReadAsStringAsync());
        ClaimedDelivery delivery = await DeliveryAsync(api);
        Assert.Equal(answer.Headers.GetValues(WireHeaders.RequestId).Single(), delivery.Subject.Run.ToString());
        Assert.Equal((418, null, null), (delivery.Subject.Status, delivery.Subject.State, delivery.Subject.Error));
        Assert.Equal(("text/x-plain", "short False?a=b&c=d"), (delivery.ContentType, Encoding.UTF8.GetString(delivery.Body!.Value.Span)));
        Assert.Equal((Hook, Secret, WebhookRetries.Lasting), (delivery.Target.Url, Opened(api, delivery), delivery.Target.Retries));
    }

    [Fact]
    public async Task The_answer_of_an_async_call_is_delivered_when_the_run_ends()
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpResponseMessage accepted = await CallAsync(api, $"work?async=true&webhookEndpoint={Uri.EscapeDataString(Hook)}", (WireHeaders.WebhookSecret, Secret));
        string id = (await accepted.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId;

        await api.SettleAsync(id, run => Settlement.Succeeded(run.Id, run.Lease, new RunResponse(200, [new("Content-Type", "text/a")], "done"u8.ToArray())));

        ClaimedDelivery delivery = await DeliveryAsync(api);
        Assert.Equal((id, RunState.Succeeded, 200), (delivery.Subject.Run.ToString(), delivery.Subject.State, delivery.Subject.Status));
        Assert.Equal("done", Encoding.UTF8.GetString(delivery.Body!.Value.Span));
    }

    [Fact]
    public async Task A_batch_tells_its_end_where_its_upload_says_and_a_bad_endpoint_is_refused()
    {
        await using RunApi api = await RunApi.StartAsync(more: services => services.AddSingleton(EgressPolicy.Strict));
        const string Batches = $"/api/v1/projects/{GatewayHost.Project}/apps/app/functions/work/batches?webhookEndpoint=";
        using HttpResponseMessage refused = await api.Client.PostAsync(
            Batches + Uri.EscapeDataString("https://127.0.0.1/"), new StringContent("{}", Encoding.UTF8, "application/x-ndjson"));
        using HttpResponseMessage taken = await api.Client.PostAsync(
            Batches + Uri.EscapeDataString(Hook), new StringContent("", Encoding.UTF8, "application/x-ndjson"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Accepted), (refused.StatusCode, taken.StatusCode));
        EndedBatch ended = Assert.Single(await Webhooks(api).EndedBatchesAsync(10, default));
        Assert.Equal((Hook, 0L), (ended.Target.Url, ended.Batch.Counts.Total));
    }

    [Fact]
    public async Task Receivers_that_fail_are_shown_and_enabled_by_their_own_project_alone()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        var log = new AuditLog();
        await using RunApi api = await RunApi.StartAsync(more: services => services.AddSingleton(EgressPolicy.Strict).AddSingleton<ILoggerProvider>(log)
            .Configure<LoggerFilterOptions>(o => o.MinLevel = LogLevel.Information));
        api.Host.AddReplica("app", replica.Address);
        using HttpResponseMessage answer = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}");
        ClaimedDelivery delivery = await DeliveryAsync(api);
        await Webhooks(api).SettleAsync(
            new DeliverySettlement(
                delivery.Id, delivery.Lease, new DeliveryAttempt(1, DateTimeOffset.UtcNow, TimeSpan.Zero, 500, DeliveryErrors.Refused), DeliveryState.Dead, null)
            {
                Patience = new ReceiverPatience(1, TimeSpan.Zero),
            },
            default);
        const string Receivers = $"/api/v1/projects/{GatewayHost.Project}/webhooks/receivers";
        ReceiverView failing = Assert.Single((await api.Client.GetFromJsonAsync<ReceiverListView>(Receivers, WireJson.Options))!.Receivers);
        Assert.Equal(("hooks.example:443", "failing", 1, "refused"), (failing.Receiver, failing.State, failing.Failures, failing.LastError));

        foreach (string receiver in new[] { "hooks.example:443", "none.example:443" })
        {
            string theirs = $"{Receivers}/{receiver}/enable".Replace(GatewayHost.Project, "p-two", StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Forbidden, (await api.Client.PostAsync(theirs, null)).StatusCode);
        }

        Assert.Equal(
            HttpStatusCode.Forbidden, (await api.Client.GetAsync(Receivers.Replace(GatewayHost.Project, "p-two", StringComparison.Ordinal))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await api.Client.PostAsync($"{Receivers}/hooks.example:443/enable", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Client.PostAsync($"{Receivers}/hooks.example:443/enable", null)).StatusCode);
        Assert.Empty((await api.Client.GetFromJsonAsync<ReceiverListView>(Receivers, WireJson.Options))!.Receivers);
        Assert.Contains("hooks.example:443", Assert.Single(log.Entries), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_secrets_are_taken_and_three_are_not()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using RunApi api = await StartAsync(replica);
        string path = $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}";

        using HttpResponseMessage three = await CallAsync(api, path, (WireHeaders.WebhookSecret, "a"), (WireHeaders.WebhookSecret, "b"), (WireHeaders.WebhookSecret, "c"));
        using HttpResponseMessage two = await CallAsync(api, path, (WireHeaders.WebhookSecret, Secret), (WireHeaders.WebhookSecret, "n3xt"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (three.StatusCode, two.StatusCode));
        Assert.Equal($"{Secret} n3xt", Opened(api, await DeliveryAsync(api)));
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
        await using RunApi api = await RunApi.StartAsync(more: services =>
        {
            services.AddSingleton(EgressPolicy.Strict);
            gate.Over(services);
        });
        using GatedStore opened = gate;
        api.Host.AddReplica("app", replica.Address);
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v4/{GatewayHost.Project}/app/work?webhookEndpoint={Uri.EscapeDataString(Hook)}");

        Task<HttpResponseMessage> answering = api.Client.SendAsync(request);
        await gate.Asked.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(answering.IsCompleted);
        gate.Open();
        using HttpResponseMessage answer = await answering;

        Assert.True(answer.IsSuccessStatusCode);
        DeliveryInfo delivery = Assert.Single((await Webhooks(api).ListAsync(new DeliveryFilter(GatewayHost.Project), null, 10, default)).Deliveries);
        Assert.Equal(kind is "length" or "chunks" && method == "GET" ? 10 : 0, delivery.BodyBytes);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_holds_an_answer_back_for_moments_only()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("done"));
        var gate = new GatedStore();
        await using RunApi api = await RunApi.StartAsync(more: services =>
        {
            services.AddSingleton(EgressPolicy.Strict);
            gate.Over(services);
        });
        using GatedStore opened = gate;
        api.Host.AddReplica("app", replica.Address);

        using HttpResponseMessage answer = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}");

        Assert.Equal("done", await answer.Content.ReadAsStringAsync());
        gate.Open();
        await DeliveryAsync(api);
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
        await using RunApi api = await StartAsync(replica);

        foreach (string query in new[] { "", "&async=true" })
        {
            using HttpResponseMessage answer = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(endpoint)}{query}");
            ProblemView problem = (await answer.Content.ReadFromJsonAsync<ProblemView>(WireJson.Options))!;
            Assert.Equal((400, ProblemCodes.InvalidRequest), (problem.Status, problem.Code));
        }

        Assert.Equal(0, replica.Calls);
        Assert.Empty((await api.Store.ListAsync(new RunFilter(GatewayHost.Project), null, 10, default)).Runs);
    }

    [Theory]
    [InlineData(WireHeaders.WebhookSecret, "")]
    [InlineData(WireHeaders.WebhookSecret, "with space")]
    [InlineData(WireHeaders.WebhookRetries, "forever")]
    [InlineData(WireHeaders.WebhookId, "01a20a1f-6c58-7aef-ba07-88062a86edd0")] // X14: a delivery that asks for a delivery
    public async Task A_bad_control_is_refused(string header, string value)
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using RunApi api = await StartAsync(replica);

        using HttpResponseMessage answer = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}", (header, value));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(0, replica.Calls);
    }

    [Fact]
    public async Task A_call_without_an_answer_of_the_function_has_no_delivery()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using RunApi api = await StartAsync(replica);

        using HttpResponseMessage broken = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}");
        using HttpResponseMessage missing = await api.Client.GetAsync($"/v4/{GatewayHost.Project}/nosuch/work?webhookEndpoint={Uri.EscapeDataString(Hook)}");

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.NotFound), (broken.StatusCode, missing.StatusCode));
        await api.Host.Get<UnstoredWebhooks>().StopAsync(default);
        Assert.Empty((await Webhooks(api).ListAsync(new DeliveryFilter(GatewayHost.Project), null, 10, default)).Deliveries);
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
        await using RunApi api = await StartAsync(replica, (setting, value));

        using HttpResponseMessage answer = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}");

        Assert.Equal(5000, (await answer.Content.ReadAsStringAsync()).Length);
        Assert.Null((await DeliveryAsync(api)).Body);
        // What was kept is given back: a small answer fits again.
        Assert.True(api.Host.Get<CaptureBudget>().TryTake(1000));
    }

    [Fact]
    public async Task Neither_secret_nor_query_nor_body_is_ever_shown()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("the answer"));
        await using RunApi api = await StartAsync(replica);
        using HttpResponseMessage answer = await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}", (WireHeaders.WebhookSecret, Secret));
        ClaimedDelivery delivery = await DeliveryAsync(api);
        await Webhooks(api).SettleAsync(
            new DeliverySettlement(delivery.Id, delivery.Lease, new DeliveryAttempt(1, DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(5), 500, DeliveryErrors.Refused), DeliveryState.Dead, null), default);

        string list = await api.Client.GetStringAsync(Deliveries);
        string one = await api.Client.GetStringAsync($"{Deliveries}/{delivery.Id}");
        string run = await api.Client.GetStringAsync($"{RunApi.Runs}?limit=5");

        foreach (string text in new[] { list, one, run })
        {
            Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
            Assert.DoesNotContain("t0ken", text, StringComparison.Ordinal);
            Assert.DoesNotContain("the answer", text, StringComparison.Ordinal);
        }

        DeliveryView view = JsonSerializer.Deserialize<DeliveryView>(one, WireJson.Options)!;
        Assert.Equal(("https://hooks.example/take", true, DeliveryState.Dead, 500), (view.Url, view.Signed, view.State, view.LastStatus));
        Assert.Equal(new DeliveryAttemptView(1, DateTimeOffset.UnixEpoch, 5, 500, DeliveryErrors.Refused), Assert.Single(view.Log!));
        Assert.Null(Assert.Single(JsonSerializer.Deserialize<DeliveryListView>(list, WireJson.Options)!.Deliveries).Log);
    }

    [Fact]
    public async Task A_dead_delivery_is_sent_again_and_a_pending_one_is_left()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using RunApi api = await StartAsync(replica);
        (await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}")).Dispose();
        ClaimedDelivery delivery = await DeliveryAsync(api);
        string path = $"{Deliveries}/{delivery.Id}/redeliver";

        Assert.Equal(new DeliveryChangeView(delivery.Id.ToString(), false, DeliveryState.Pending), await PostAsync(api, path));
        await Webhooks(api).SettleAsync(
            new DeliverySettlement(delivery.Id, delivery.Lease, new DeliveryAttempt(1, DateTimeOffset.UnixEpoch, TimeSpan.Zero, 500, DeliveryErrors.Refused), DeliveryState.Dead, null), default);
        Assert.Equal(new DeliveryChangeView(delivery.Id.ToString(), true, DeliveryState.Dead), await PostAsync(api, path));

        Assert.Equal(delivery.Id, (await DeliveryAsync(api)).Id);
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged_and_strict()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using RunApi api = await StartAsync(replica);
        for (int i = 0; i < 3; i++)
        {
            (await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}")).Dispose();
            await api.Host.Get<UnstoredWebhooks>().StoredAsync();
        }

        DeliveryListView first = await GetAsync(api, "?limit=2&state=pending");
        DeliveryListView rest = await GetAsync(api, $"?limit=2&state=pending&cursor={first.NextCursor}");
        Assert.Equal((2, 1, null), (first.Deliveries.Count, rest.Deliveries.Count, rest.NextCursor));
        Assert.Equal(rest.Deliveries[0], Assert.Single((await GetAsync(api, $"?run={rest.Deliveries[0].RunId}")).Deliveries));
        Assert.Empty((await GetAsync(api, "?state=dead")).Deliveries);
        foreach (string bad in new[] { "?state=gone", "?run=x", "?limit=0", "?cursor=x", "?secret=1", "?state=dead&state=dead" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await api.Client.GetAsync(Deliveries + bad)).StatusCode);
        }
    }

    [Fact] // T01
    public async Task Another_project_learns_nothing_and_a_missing_scope_is_refused()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using RunApi api = await StartAsync(replica);
        (await CallAsync(api, $"work?webhookEndpoint={Uri.EscapeDataString(Hook)}")).Dispose();
        Guid there = (await DeliveryAsync(api)).Id;
        using HttpClient stranger = api.Host.Client("other");
        using HttpClient reader = api.Host.Client("reader");

        foreach (Guid id in new[] { there, Guid.Empty })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await stranger.GetAsync($"{Deliveries}/{id}")).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsync($"{Deliveries}/{id}/redeliver", null)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/v1/projects/p-two/webhooks/deliveries/{id}")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.PostAsync($"/api/v1/projects/p-two/webhooks/deliveries/{id}/redeliver", null)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsync($"{Deliveries}/{id}/redeliver", null)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.GetAsync(Deliveries)).StatusCode);
        Assert.Equal("""{"deliveries":[]}""", await stranger.GetStringAsync("/api/v1/projects/p-two/webhooks/deliveries"));
        Assert.Equal(HttpStatusCode.NotFound, (await api.Client.GetAsync($"{Deliveries}/not-an-id")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync($"{Deliveries}/{there}")).StatusCode);
    }

    private static async Task<RunApi> StartAsync(TestReplica replica, params (string Key, string? Value)[] settings)
    {
        RunApi api = await RunApi.StartAsync(settings.ToDictionary(s => s.Key, s => s.Value), services => services.AddSingleton(EgressPolicy.Strict));
        api.Host.AddReplica("app", replica.Address);
        return api;
    }

    private static async Task<HttpResponseMessage> CallAsync(RunApi api, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v4/{GatewayHost.Project}/app/{path}");
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await api.Client.SendAsync(request);
    }

    // As its sender opens it; what is stored does not show it.
    private static string? Opened(RunApi api, ClaimedDelivery delivery)
    {
        Assert.StartsWith("sealed:", delivery.Target.Secret, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, delivery.Target.Secret!, StringComparison.Ordinal);
        Assert.True(api.Host.Get<WebhookSecrets>().TryOpen(delivery.Target.Secret, out IReadOnlyList<string>? secrets));
        return string.Join(' ', secrets);
    }

    private static IWebhookStore Webhooks(RunApi api) => api.Host.Get<IWebhookStore>();

    private static async Task<ClaimedDelivery> DeliveryAsync(RunApi api)
    {
        // A caller may have the last byte of its answer before the gateway has handed the copy over.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            IReadOnlyList<ClaimedDelivery> claimed =
                (await Webhooks(api).ClaimAsync(new WebhookShares(9, 9, 9, 1 << 20, []), TimeSpan.FromMinutes(1), limit.Token)).Deliveries;
            if (claimed.Count > 0)
            {
                return Assert.Single(claimed);
            }
        }
    }

    private static async Task<DeliveryChangeView> PostAsync(RunApi api, string path)
    {
        using HttpResponseMessage answer = await api.Client.PostAsync(path, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<DeliveryChangeView>(WireJson.Options))!;
    }

    private static async Task<DeliveryListView> GetAsync(RunApi api, string query) =>
        (await api.Client.GetFromJsonAsync<DeliveryListView>(Deliveries + query, WireJson.Options))!;
}
