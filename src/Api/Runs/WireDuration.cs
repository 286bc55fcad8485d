using System.Globalization;

namespace InterCluster.Api.Runs;

/// <summary>Durations and instants as the run API spells them.</summary>
internal static class WireDuration
{
    // RFC 3339: a full date and time with an offset. 'K' would also take a time without one.
    private static readonly string[] Instants =
        ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd't'HH:mm:ssK", "yyyy-MM-dd't'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads <c>30s</c>, <c>5m</c>, <c>2h</c> or <c>1d</c>: a whole number of at most nine digits and one unit.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length is < 2 or > 10
            || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }

        int unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        long seconds = number * (long)unit;
        if (unit == 0 || seconds > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond)
        {
            return false;
        }

        duration = TimeSpan.FromTicks(seconds * TimeSpan.TicksPerSecond);
        return true;
    }

    /// <summary>Reads an RFC 3339 date and time; the offset is required.</summary>
    public static bool TryParseInstant(string text, out DateTimeOffset instant)
    {
        instant = default;
        bool hasOffset = text.Length > 19 && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-');
        return hasOffset && DateTimeOffset.TryParseExact(
            text.Replace('z', 'Z'), Instants, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);
    }
}
