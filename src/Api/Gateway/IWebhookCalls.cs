using System.Diagnostics.CodeAnalysis;

namespace InterCluster.Api.Gateway;

/// <summary>What the gateway asks for calls with a <c>webhookEndpoint</c>.</summary>
internal interface IWebhookCalls
{
    /// <summary>Reads where the answer of a call shall be delivered and keeps it with the call; false with what is wrong.</summary>
    bool TryAccept(IncomingCall call, [NotNullWhen(false)] out string? error);

    /// <summary>Forwards a sync call as ever and, when its answer came to its end, hands a copy over to be delivered.</summary>
    ValueTask<bool> ForwardAsync(IncomingCall call);
}
