using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Api.Tests.Runs;
using InterCluster.Api.Webhooks;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>What is shown of deliveries, to whom, and how a dead one is sent again.</summary>
public sealed class DeliveryApiTests
{
    private const string Deliveries = $"{WebhookApi.Shown}/deliveries";

    [Fact]
    public async Task Neither_secret_nor_query_nor_body_is_ever_shown()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("the answer"));
        await using WebhookApi api = await WebhookApi.StartAsync(replica);
        using HttpResponseMessage answer = await api.CallAsync(WebhookApi.Work, (WireHeaders.WebhookSecret, WebhookApi.Secret));
        ClaimedDelivery delivery = await api.DeliveryAsync();
        await api.RefuseAsync(delivery, TimeSpan.FromMilliseconds(5));

        string list = await api.Client.GetStringAsync(Deliveries);
        string one = await api.Client.GetStringAsync($"{Deliveries}/{delivery.Id}");
        string run = await api.Client.GetStringAsync($"{RunApi.Runs}?limit=5");

        foreach (string text in new[] { list, one, run })
        {
            Assert.DoesNotContain(WebhookApi.Secret, text, StringComparison.Ordinal);
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
        await using WebhookApi api = await WebhookApi.StartAsync(replica);
        (await api.CallAsync(WebhookApi.Work)).Dispose();
        ClaimedDelivery delivery = await api.DeliveryAsync();
        string path = $"{Deliveries}/{delivery.Id}/redeliver";

        Assert.Equal(new DeliveryChangeView(delivery.Id.ToString(), false, DeliveryState.Pending), await PostAsync(api, path));
        await api.RefuseAsync(delivery);
        Assert.Equal(new DeliveryChangeView(delivery.Id.ToString(), true, DeliveryState.Dead), await PostAsync(api, path));

        Assert.Equal(delivery.Id, (await api.DeliveryAsync()).Id);
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged_and_strict()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        await using WebhookApi api = await WebhookApi.StartAsync(replica);
        for (int i = 0; i < 3; i++)
        {
            (await api.CallAsync(WebhookApi.Work)).Dispose();
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
        await using WebhookApi api = await WebhookApi.StartAsync(replica);
        (await api.CallAsync(WebhookApi.Work)).Dispose();
        Guid there = (await api.DeliveryAsync()).Id;
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

    private static async Task<DeliveryChangeView> PostAsync(WebhookApi api, string path)
    {
        using HttpResponseMessage answer = await api.Client.PostAsync(path, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<DeliveryChangeView>(WireJson.Options))!;
    }

    private static async Task<DeliveryListView> GetAsync(WebhookApi api, string query) =>
        (await api.Client.GetFromJsonAsync<DeliveryListView>(Deliveries + query, WireJson.Options))!;
}
