using InterCluster.Api.Routing;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Gateway;

/// <summary>A call on its way to an app, as far as it is known.</summary>
internal sealed class IncomingCall(GatewayContext context, RunId runId, long startedAt)
{
    public HttpContext Http { get; } = context.Http;

    public GatewayContext Context { get; } = context;

    public RunId RunId { get; } = runId;

    public string RunIdText { get; } = runId.ToString();

    /// <summary>The provider's timestamp as the call came.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The app; null when the project has none of this name.</summary>
    public AppRoute? Route { get; init; }

    public required string Project { get; init; }

    public required string Function { get; init; }

    /// <summary>What the replica gets: the path from its slash on, and the query less our parameters.</summary>
    public required string PathAndQuery { get; init; }

    public bool IsAsync { get; init; }

    public string? WebhookEndpoint { get; init; }

    /// <summary>Where the answer is delivered, once the endpoint was accepted.</summary>
    public WebhookTarget? Webhook { get; set; }

    /// <summary>True when another gateway passed it on: it is answered here, or not at all.</summary>
    public bool IsHop { get; init; }

    /// <summary>A replica's answer went through to its end.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Who calls; null for an open app.</summary>
    public Caller? Caller { get; set; }
}
