using System.Net;
using System.Net.Http.Json;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>What is shown of receivers that fail, and who enables them again.</summary>
public sealed class ReceiverApiTests
{
    [Fact]
    public async Task Receivers_that_fail_are_shown_and_enabled_by_their_own_project_alone()
    {
        await using TestReplica replica = await TestReplica.StartAsync(_ => Task.CompletedTask);
        var log = new AuditLog();
        await using WebhookApi api = await WebhookApi.StartAsync(
            replica, more: services => services.AddSingleton<ILoggerProvider>(log).Configure<LoggerFilterOptions>(o => o.MinLevel = LogLevel.Information));
        using HttpResponseMessage answer = await api.CallAsync(WebhookApi.Work);
        ClaimedDelivery delivery = await api.DeliveryAsync();
        await api.RefuseAsync(delivery, patience: new ReceiverPatience(1, TimeSpan.Zero));
        const string Receivers = $"{WebhookApi.Shown}/receivers";
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
}
