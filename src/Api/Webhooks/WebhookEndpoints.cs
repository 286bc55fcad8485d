using InterCluster.Api.Auth;
using InterCluster.Api.Control;
using InterCluster.Api.Runs;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Webhooks;

/// <summary>The log of deliveries: list, show, send again.</summary>
internal static class WebhookEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1000;

    public static void Map(RouteGroupBuilder project)
    {
        RouteGroupBuilder deliveries = project.MapGroup("/webhooks/deliveries").WithTags("Webhooks");
        deliveries.MapGet("", ListAsync).RequireProject(Scopes.Read).WithName("ListDeliveries").WithSummary("Deliveries of webhooks, newest first")
            .WithDescription("`state` is pending, delivered or dead; `run` is a run's id; `limit` is 1 to 1000, 50 by default; `cursor` goes on where a page ended.")
            .Produces<DeliveryListView>();
        deliveries.MapGet("/{id}", GetAsync).RequireProject(Scopes.Read).WithName("GetDelivery").WithSummary("One delivery, with its attempts")
            .Produces<DeliveryView>().WithProblems(404);
        deliveries.MapPost("/{id}/redeliver", RedeliverAsync).RequireProject(Scopes.Runs).WithName("Redeliver")
            .WithSummary("Sends a delivered or dead one again, under the same id and with a fresh budget of attempts")
            .Produces<DeliveryChangeView>().WithProblems(404);
        MapReceivers(project.MapGroup("/webhooks").WithTags("Webhooks"));
    }

    private static void MapReceivers(RouteGroupBuilder webhooks)
    {
        webhooks.MapGet("/receivers", ListReceiversAsync).RequireProject(Scopes.Read).WithName("ListReceivers").WithSummary("Receivers that fail, or were disabled")
            .Produces<ReceiverListView>();
        webhooks.MapPost("/receivers/{receiver}/enable", EnableAsync).RequireProject(Scopes.Runs).WithName("EnableReceiver")
            .WithSummary("Sends to a receiver (host:port) again, and forgets its failures").Produces<ReceiverView>().WithProblems(404);
    }

    private static async Task ListReceiversAsync(HttpContext context, string project, IWebhookStore store)
    {
        if (await new QueryReader(context).IsValidAsync())
        {
            IReadOnlyList<ReceiverInfo> receivers = await store.ListReceiversAsync(project, MaxLimit, context.RequestAborted);
            await Answers.JsonAsync(context, new ReceiverListView([.. receivers.Select(ReceiverView.From)]));
        }
    }

    private static async Task EnableAsync(HttpContext context, string project, string receiver, IWebhookStore store, ILoggerFactory logging)
    {
        ReceiverInfo? before = await store.EnableReceiverAsync(project, receiver, CancellationToken.None);
        if (before is null)
        {
            await Answers.NotFoundAsync(context, ProblemCodes.NotFound, "The project has no such receiver that fails.");
            return;
        }

        (ILogger log, string keyId) = (Audit.Of(logging), context.GetCaller().KeyId);
        Audit.Enabled(log, project, receiver, keyId);
        await Answers.JsonAsync(context, ReceiverView.From(before));
    }

    // The parameters are named for the document; the reader reads them, strictly.
    private static async Task ListAsync(
        HttpContext context, string project, string? state, string? run, string? cursor, string? limit, IWebhookStore store)
    {
        var query = new QueryReader(context, "state", "run", "cursor", "limit");
        var filter = new DeliveryFilter(project, query.Word<DeliveryState>("state"), query.Run("run"));
        int count = query.Whole("limit", 1, MaxLimit) ?? DefaultLimit;
        RunId? before = query.Cursor("cursor", project);
        if (await query.IsValidAsync())
        {
            DeliveryPage page = await store.ListAsync(filter, before?.Value, count, context.RequestAborted);
            string? next = page.Next is { } last ? RunCursor.Write(project, new RunId(last)) : null;
            await Answers.JsonAsync(context, new DeliveryListView([.. page.Deliveries.Select(d => DeliveryView.From(d))], next));
        }
    }

    private static async Task GetAsync(HttpContext context, string project, string id, IWebhookStore store)
    {
        if (!RunId.TryParse(id, out RunId delivery))
        {
            await NoSuchAsync(context);
            return;
        }

        (DeliveryInfo Delivery, IReadOnlyList<DeliveryAttempt> Attempts)? found = await store.GetAsync(project, delivery.Value, context.RequestAborted);
        await (found is { } it ? Answers.JsonAsync(context, DeliveryView.From(it.Delivery, it.Attempts)) : NoSuchAsync(context));
    }

    private static async Task RedeliverAsync(HttpContext context, string project, string id, IWebhookStore store)
    {
        DeliveryState? before = RunId.TryParse(id, out RunId delivery) ? await store.RedeliverAsync(project, delivery.Value, CancellationToken.None) : null;
        await (before is { } state
            ? Answers.JsonAsync(context, new DeliveryChangeView(delivery.ToString(), state != DeliveryState.Pending, state))
            : NoSuchAsync(context));
    }

    private static Task NoSuchAsync(HttpContext context) => Answers.NotFoundAsync(context, ProblemCodes.NotFound, "The project has no such delivery.");
}
