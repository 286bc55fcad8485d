using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Egress;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Webhooks;

/// <summary>Reads what a call says of its webhook.</summary>
internal static class WebhookRequest
{
    public const int MaxSecret = 256;

    /// <summary>False with what is wrong. The words tell nothing of what an address or a name leads to.</summary>
    public static bool TryRead(
        IHeaderDictionary headers, string encodedUrl, EgressPolicy policy, [NotNullWhen(true)] out WebhookTarget? target, [NotNullWhen(false)] out string? error)
    {
        target = null;
        if (!EgressTarget.TryParse(Uri.UnescapeDataString(encodedUrl), out EgressTarget? url, out string? why) || (why = policy.WhyNot(url)) is not null)
        {
            error = $"webhookEndpoint is not accepted: {why}.";
            return false;
        }

        if (headers.ContainsKey(WireHeaders.WebhookId))
        {
            // Or a webhook to an open app that asks for a webhook would go round for ever.
            error = "The delivery of a webhook cannot ask for another.";
            return false;
        }

        if (!TryReadSecret(headers[WireHeaders.WebhookSecret], out string? secret, out error) || !TryReadRetries(headers[WireHeaders.WebhookRetries], out WebhookRetries retries, out error))
        {
            return false;
        }

        target = new WebhookTarget { Url = url.Uri.OriginalString, Authority = url.Authority, Secret = secret, Retries = retries };
        return true;
    }

    private static bool TryReadSecret(StringValues values, out string? secret, [NotNullWhen(false)] out string? error)
    {
        secret = values.Count == 1 ? values[0] : null;
        bool valid = values.Count == 0 || (secret is { Length: > 0 and <= MaxSecret } && !secret.AsSpan().ContainsAnyExceptInRange('!', '~'));
        error = valid ? null : $"{WireHeaders.WebhookSecret} must be one header of 1 to {MaxSecret} visible ASCII characters.";
        return valid;
    }

    private static bool TryReadRetries(StringValues values, out WebhookRetries retries, [NotNullWhen(false)] out string? error)
    {
        (retries, error) = values.Count == 0 ? (WebhookRetries.Quick, null) : values.ToString() switch
        {
            "quick" => (WebhookRetries.Quick, null),
            "lasting" => (WebhookRetries.Lasting, null),
            _ => (WebhookRetries.Quick, $"{WireHeaders.WebhookRetries} must be quick or lasting."),
        };
        return error is null;
    }
}
