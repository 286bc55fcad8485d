using System.Diagnostics.CodeAnalysis;
using InterCluster.Api.Gateway;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Egress;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Webhooks;

/// <inheritdoc cref="IWebhookCalls"/>
internal sealed class WebhookCalls(EgressPolicy policy, CallForwarder forwarder, CaptureBudget budget, UnstoredWebhooks unstored, TimeProvider time) : IWebhookCalls
{
    public bool TryAccept(IncomingCall call, [NotNullWhen(false)] out string? error)
    {
        HttpRequest request = call.Http.Request;
        if (WebSocketHandshake.IsAsked(request) || request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            error = "A WebSocket or a gRPC call has no answer that a webhook could carry.";
            return false;
        }

        bool read = WebhookRequest.TryRead(request.Headers, call.WebhookEndpoint!, policy, out WebhookTarget? target, out error);
        call.Webhook = target;
        return read;
    }

    public async ValueTask<bool> ForwardAsync(IncomingCall call)
    {
        IFeatureCollection features = call.Http.Features;
        IHttpResponseBodyFeature body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var answer = new CapturedAnswer(body, budget);
        features.Set<IHttpResponseBodyFeature>(answer);
        bool handedOver = false;
        try
        {
            bool handled = await forwarder.ForwardAsync(call).ConfigureAwait(false);
            handedOver = call.IsAnswered && unstored.TryAdd(DeliveryOf(call, answer), answer.Forget);
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
