namespace InterCluster.Api.Forwarding;

/// <summary>
/// Keeps the HTTP client from sending a request without a body again after the replica hung up on it: one with a body, if an empty one, is
/// sent once (docs/decisions/0004). For connections that a <see cref="ReplicaStream"/> does not guard.
/// </summary>
internal sealed class BodylessOnce(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null && !request.Headers.NonValidated.Contains("Upgrade"))
        {
            request.Content = new ByteArrayContent([]);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
