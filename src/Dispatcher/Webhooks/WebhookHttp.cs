using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using InterCluster.Core.Egress;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Webhooks;

/// <summary>What an attempt came to.</summary>
internal readonly record struct SendResult(DeliveryAttempt Attempt, TimeSpan? RetryAfter);

/// <summary>
/// Posts a delivery to its receiver: to a checked address, without redirects, proxy, cookies or decompression, within a time; what the receiver says
/// is read no further than it takes to use the connection again, and is not kept.
/// </summary>
internal sealed class WebhookHttp : IDisposable
{
    private const int MaxAnswer = 64 << 10;
    private readonly HttpMessageInvoker _http;
    private readonly EgressPolicy _policy;
    private readonly WebhookSecrets _secrets;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;

    public WebhookHttp(EgressPolicy policy, IHostResolver resolver, WebhookSecrets secrets, TimeProvider time, IOptions<WebhookOptions> options)
        : this(policy, resolver, secrets, time, options, new X509ChainPolicy())
    {
    }

    internal WebhookHttp(EgressPolicy policy, IHostResolver resolver, WebhookSecrets secrets, TimeProvider time, IOptions<WebhookOptions> options, X509ChainPolicy trust)
    {
        (_policy, _secrets, _time, _timeout) = (policy, secrets, time, options.Value.Timeout);
        // A certificate may name addresses to fetch its issuers or revocations from: that would be a call to wherever its owner likes.
        trust.DisableCertificateDownloads = true;
        trust.RevocationMode = X509RevocationMode.NoCheck;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
            PooledConnectionLifetime = TimeSpan.FromSeconds(60),
            ConnectCallback = new CheckedConnection(policy, resolver).ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateChainPolicy = trust,
            },
        });
    }

    /// <summary>One attempt. Never throws but when <paramref name="ct"/> was cancelled.</summary>
    public async Task<SendResult> SendAsync(ClaimedDelivery delivery, CancellationToken ct)
    {
        DateTimeOffset at = _time.GetUtcNow();
        long began = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        (int? Status, string? Error, TimeSpan? RetryAfter) end;
        try
        {
            end = await PostAsync(delivery, at, either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException("The attempt was abandoned.", ct);
        }
        catch (Exception e)
        {
            end = (null, limit.IsCancellationRequested ? DeliveryErrors.Timeout : WordFor(e), null);
        }

        return new SendResult(new DeliveryAttempt(delivery.Attempts + 1, at, _time.GetElapsedTime(began), end.Status, end.Error), end.RetryAfter);
    }

    public void Dispose() => _http.Dispose();

    private async Task<(int? Status, string? Error, TimeSpan? RetryAfter)> PostAsync(ClaimedDelivery delivery, DateTimeOffset now, CancellationToken ct)
    {
        // The rules may have changed since it was accepted; and a connection that is kept open is not checked again.
        if (!EgressTarget.TryParse(delivery.Target.Url, out EgressTarget? target, out _) || _policy.WhyNot(target) is not null)
        {
            return (null, DeliveryErrors.BlockedAddress, null);
        }

        // Never unsigned where a signature was asked for.
        if (!_secrets.TryOpen(delivery.Target.Secret, out IReadOnlyList<string>? secrets))
        {
            return (null, DeliveryErrors.SecretUnavailable, null);
        }

        using HttpRequestMessage request = Request(delivery, target, secrets, now);
        using HttpResponseMessage answer = await _http.SendAsync(request, ct).ConfigureAwait(false);
        await SkipAsync(answer, ct).ConfigureAwait(false);
        int status = (int)answer.StatusCode;
        string? error = status is >= 200 and < 300 ? null : status is >= 300 and < 400 ? DeliveryErrors.Redirect : DeliveryErrors.Refused;
        TimeSpan? retryAfter = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - now,
            _ => null,
        };
        return (status, error, retryAfter);
    }

    private static HttpRequestMessage Request(ClaimedDelivery delivery, EgressTarget target, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        ReadOnlyMemory<byte> body = delivery.Body ?? ReadOnlyMemory<byte>.Empty;
        var request = new HttpRequestMessage(HttpMethod.Post, target.Uri) { Content = new ReadOnlyMemoryContent(body) };
        request.Options.Set(CheckedConnection.Target, target);
        string id = delivery.Subject.Run.ToString();
        long timestamp = now.ToUnixTimeSeconds();
        Add(request, "User-Agent", "InterCluster-Webhook/1");
        Add(request, WireHeaders.RequestId, id);
        Add(request, WireHeaders.BatchId, delivery.Subject.IsBatch ? id : null);
        Add(request, WireHeaders.WebhookId, delivery.Id.ToString("D"));
        Add(request, WireHeaders.WebhookAttempt, Text(delivery.Attempts + 1));
        Add(request, WireHeaders.WebhookTimestamp, Text(timestamp));
        Add(request, WireHeaders.WebhookSignature, secrets.Count > 0 ? WebhookSignature.Sign(secrets, id, timestamp, body.Span) : null);
        Add(request, WireHeaders.WebhookBody, delivery.Body is null ? "omitted" : null);
        Add(request, WireHeaders.RunState, delivery.Subject.State?.ToString().ToLowerInvariant());
        Add(request, WireHeaders.RunStatus, delivery.Subject.Status is { } status ? Text(status) : null);
        Add(request, WireHeaders.RunError, delivery.Subject.Error);
        Add(request, WireHeaders.Attempt, delivery.Subject.Attempt is { } attempt ? Text(attempt) : null);
        if (delivery.ContentType is { } type)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return request;
    }

    private static void Add(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // A larger answer costs its connection.
    private static async Task SkipAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        await using Stream body = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        byte[] scrap = new byte[8192];
        int read;
        for (int total = 0; total < MaxAnswer && (read = await body.ReadAsync(scrap, ct).ConfigureAwait(false)) > 0; total += read)
        {
        }
    }

    private static string WordFor(Exception e) => e switch
    {
        BlockedAddressException or { InnerException: BlockedAddressException } => DeliveryErrors.BlockedAddress,
        AuthenticationException or { InnerException: AuthenticationException } => DeliveryErrors.Certificate,
        _ => DeliveryErrors.Unreachable,
    };
}
