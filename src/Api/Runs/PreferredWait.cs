using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Runs;

/// <summary><c>Prefer: wait=N</c> (RFC 7240) of an async call: seconds that the caller would rather wait for the end than poll for it.</summary>
internal static class PreferredWait
{
    /// <summary>The first one; at most <see cref="RunQuery.MaxWait"/>. Null without one that can be read: a preference is no demand.</summary>
    public static TimeSpan? Read(IHeaderDictionary headers)
    {
        foreach (string? value in headers["Prefer"])
        {
            foreach (string preference in (value ?? "").Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (preference.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
                    && int.TryParse(preference.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0)
                {
                    return TimeSpan.FromSeconds(Math.Min(seconds, RunQuery.MaxWait.TotalSeconds));
                }
            }
        }

        return null;
    }
}
