using System.Globalization;

namespace InterCluster.Cli.Terminal;

/// <summary>Times as people read and write them.</summary>
internal static class Durations
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <summary>At most two units: <c>340ms</c>, <c>2.5s</c>, <c>3m 20s</c>, <c>5h 2m</c>, <c>4d 3h</c>.</summary>
    public static string Show(TimeSpan time) => time switch
    {
        { Ticks: < 0 } => "0s",
        { Ticks: 0 } => "0s",
        { TotalMilliseconds: < 10 } => Invariant($"{time.TotalMilliseconds:0.##}ms"),
        { TotalSeconds: < 1 } => Invariant($"{Math.Floor(time.TotalMilliseconds):0}ms"),
        { TotalSeconds: < 60 } => Invariant($"{Math.Floor(time.TotalSeconds * 10) / 10:0.#}s"),
        { TotalMinutes: < 60 } => Two(time.Minutes, "m", time.Seconds, "s"),
        { TotalHours: < 24 } => Two(time.Hours, "h", time.Minutes, "m"),
        _ => Two((int)time.TotalDays, "d", time.Hours, "h"),
    };

    /// <summary>How long ago, or how long until: <c>3m ago</c>, <c>in 4d 3h</c>.</summary>
    public static string Relative(DateTimeOffset at, DateTimeOffset now) =>
        at <= now ? $"{Show(Whole(now - at))} ago" : $"in {Show(Left(at - now))}";

    /// <summary>RFC 3339 in UTC, to the millisecond: for pipes.</summary>
    public static string Exact(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A number and a unit: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>; a bare number is seconds.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        time = default;
        string number = text.TrimEnd('m', 's', 'h', 'd');
        string unit = text[number.Length..] is { Length: > 0 } u ? u : "s";
        double seconds = Units.FirstOrDefault(x => x.Unit == unit).Seconds;
        if (seconds == 0
            || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            || value * seconds > TimeSpan.MaxValue.TotalSeconds / 2)
        {
            return false;
        }

        time = TimeSpan.FromSeconds(value * seconds);
        return true;
    }

    /// <summary>As the wire has it: whole seconds, never fewer than asked for.</summary>
    public static string Wire(TimeSpan time) => Invariant($"{Math.Ceiling(time.TotalSeconds):0}s");

    /// <summary>What was granted a moment ago as 90 days shall read so.</summary>
    private static TimeSpan Left(TimeSpan time) =>
        time.TotalHours < 1 ? TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)) : TimeSpan.FromMinutes(Math.Ceiling(time.TotalMinutes));

    private static TimeSpan Whole(TimeSpan time) => TimeSpan.FromSeconds(Math.Floor(time.TotalSeconds));

    private static string Two(int large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? Invariant($"{large}{largeUnit}") : Invariant($"{large}{largeUnit} {small}{smallUnit}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
