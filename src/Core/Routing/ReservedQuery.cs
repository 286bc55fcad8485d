using System.Text;

namespace InterCluster.Core.Routing;

/// <summary>Our own query parameters: taken out before the app gets the query.</summary>
/// <param name="IsAsync"><c>async=true</c> was asked for.</param>
/// <param name="WebhookEndpoint">The value of <c>webhookEndpoint</c>, still encoded; null without one.</param>
/// <param name="Forwarded">The query that the app gets, with its question mark, or empty.</param>
public readonly record struct ReservedQuery(bool IsAsync, string? WebhookEndpoint, string Forwarded)
{
    private const string Async = "async";
    private const string Webhook = "webhookEndpoint";

    /// <summary>
    /// Reads and removes our parameters. Strict: <c>async</c> at most once and only <c>true</c> or <c>false</c> (RELIABILITY I16); false otherwise.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> query, out ReservedQuery result)
    {
        result = new ReservedQuery(false, null, query.ToString());
        return !MayHoldOurs(query) || TryTakeOut(query[1..], out result);
    }

    /// <summary>A cheap first look, so that an ordinary query is passed on as it is.</summary>
    public static bool MayHoldOurs(ReadOnlySpan<char> query) =>
        query.Length > 1 && (query.Contains(Async, StringComparison.Ordinal) || query.Contains(Webhook, StringComparison.Ordinal));

    private static bool TryTakeOut(ReadOnlySpan<char> query, out ReservedQuery result)
    {
        result = default;
        string? asked = null, webhook = null;
        var kept = new StringBuilder(query.Length);
        foreach (Range range in query.Split('&'))
        {
            ReadOnlySpan<char> pair = query[range];
            int equals = pair.IndexOf('=');
            ReadOnlySpan<char> name = equals < 0 ? pair : pair[..equals];
            string value = equals < 0 ? "" : pair[(equals + 1)..].ToString();
            if (name.SequenceEqual(Async))
            {
                if (asked is not null || value is not ("true" or "false"))
                {
                    return false;
                }

                asked = value;
            }
            else if (name.SequenceEqual(Webhook))
            {
                if (webhook is not null || value.Length == 0)
                {
                    return false;
                }

                webhook = value;
            }
            else
            {
                kept.Append(kept.Length == 0 ? '?' : '&').Append(pair);
            }
        }

        result = new ReservedQuery(asked == "true", webhook, kept.ToString());
        return true;
    }
}
