using System.Diagnostics.CodeAnalysis;
using InterCluster.Api.Gateway;
using InterCluster.Api.Problems;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Webhooks;

/// <inheritdoc cref="IWebhookCalls"/>
internal sealed class WebhookCalls(WebhookReader reader, CallForwarder forwarder, CaptureBudget budget, UnstoredWebhooks unstored, TimeProvider time) : IWebhookCalls
{
    // How long an answer's end is held back for its webhook to be stored.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public bool TryAccept(IncomingCall call, [NotNullWhen(false)] out string? error)
    {
        HttpRequest request = call.Http.Request;
        if (WebSocketHandshake.IsAsked(request) || request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            error = "A WebSocket or a gRPC call has no answer that a webhook could carry.";
            return false;
        }

        bool read = reader.TryRead(request.Headers, call.WebhookEndpoint!, out WebhookTarget? target, out error);
        call.Webhook = target;
        return read;
    }

    public async ValueTask<bool> ForwardAsync(IncomingCall call)
    {
        IFeatureCollection features = call.Http.Features;
        IHttpResponseBodyFeature body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var answer = new CapturedAnswer(body, budget, call.Http);
        bool handedOver = false;
        answer.BeforeEnd = StoreAsync;
        features.Set<IHttpResponseBodyFeature>(answer);
        try
        {
            bool handled = await forwarder.ForwardAsync(call).ConfigureAwait(false);
            if (call.IsAnswered)
            {
                await StoreAsync().ConfigureAwait(false);
            }

            return handled;
        }
        finally
        {
            features.Set(body);
            if (!handedOver)
            {
                answer.Forget();
            }
        }

        // Before the caller can have the whole answer: what it was told is stored, or the store was away.
        async Task StoreAsync()
        {
            if (!handedOver && features.Get<GatewayAnswer>() is null && unstored.TryAdd(DeliveryOf(call, answer), answer.Forget) is { } stored)
            {
                handedOver = true;
                await stored.WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private NewDelivery DeliveryOf(IncomingCall call, CapturedAnswer answer) => new()
    {
        Id = RunId.New(time).Value,
        Subject = new DeliverySubject(
            new FunctionId(call.Route!.App, call.Function), call.RunId, State: null, Attempt: null, call.Http.Response.StatusCode, Error: null),
        Target = call.Webhook!,
        ContentType = call.Http.Response.ContentType,
        Body = answer.Copy,
    };
}
