using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Egress;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Webhooks;

/// <summary>Reads what a call, or a line of a batch, says of its webhook. The secrets are sealed as they are read.</summary>
internal sealed class WebhookReader(EgressPolicy policy, WebhookSecrets sealing)
{
    public const int MaxSecret = 256;

    // A header that is given twice may arrive as one (RFC 9110, 5.3); no secret holds a blank.
    private const string Between = ", ";

    /// <summary>False with what is wrong. The words tell nothing of what an address or a name leads to.</summary>
    public bool TryRead(IHeaderDictionary headers, string encodedUrl, [NotNullWhen(true)] out WebhookTarget? target, [NotNullWhen(false)] out string? error)
    {
        if (headers.ContainsKey(WireHeaders.WebhookId))
        {
            // Or a webhook to an open app that asks for a webhook would go round for ever.
            (target, error) = (null, "The delivery of a webhook cannot ask for another.");
            return false;
        }

        StringValues secrets = headers[WireHeaders.WebhookSecret];
        StringValues retries = headers[WireHeaders.WebhookRetries];
        return TryMake(
            Uri.UnescapeDataString(encodedUrl), [.. secrets.SelectMany(s => (s ?? "").Split(Between))], retries.Count == 0 ? null : retries.ToString(), out target, out error);
    }

    /// <summary>The webhook of a request to the API; true with null when it asks for none.</summary>
    public bool TryReadQuery(HttpRequest request, out WebhookTarget? target, [NotNullWhen(false)] out string? error)
    {
        (target, error) = (null, null);
        StringValues url = request.Query["webhookEndpoint"];
        if (url.Count == 0)
        {
            return true;
        }

        if (url.Count > 1 || request.Headers.ContainsKey(WireHeaders.WebhookId))
        {
            error = url.Count > 1 ? "webhookEndpoint may be given once." : "The delivery of a webhook cannot ask for another.";
            return false;
        }

        return TryRead(request.Headers, Uri.EscapeDataString(url.ToString()), out target, out error);
    }

    /// <inheritdoc cref="TryRead"/>
    public bool TryMake(
        string url, IReadOnlyList<string> secrets, string? retries, [NotNullWhen(true)] out WebhookTarget? target, [NotNullWhen(false)] out string? error)
    {
        target = null;
        if (!EgressTarget.TryParse(url, out EgressTarget? parsed, out string? why) || (why = policy.WhyNot(parsed)) is not null)
        {
            error = $"webhookEndpoint is not accepted: {why}.";
            return false;
        }

        error = secrets.Count > WebhookSecrets.Most || !secrets.All(IsSecret)
            ? $"{WireHeaders.WebhookSecret} must be of 1 to {MaxSecret} visible ASCII characters, and at most {WebhookSecrets.Most} of them."
            : retries is null or "quick" or "lasting" ? null : $"{WireHeaders.WebhookRetries} must be quick or lasting.";
        if (error is not null)
        {
            return false;
        }

        target = new WebhookTarget
        {
            Url = parsed.Uri.OriginalString,
            Authority = parsed.Authority,
            Secret = sealing.Seal(secrets),
            Retries = retries == "lasting" ? WebhookRetries.Lasting : WebhookRetries.Quick,
        };
        return true;
    }

    private static bool IsSecret(string secret) => secret.Length is > 0 and <= MaxSecret && !secret.AsSpan().ContainsAnyExceptInRange('!', '~');
}
