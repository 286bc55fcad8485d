using System.Globalization;

namespace InterCluster.Api.Deploy;

/// <summary>Durations in an app's file: a number of seconds, or a number with a unit.</summary>
internal static class DurationText
{
    // Far over every limit, far under what TimeSpan can hold.
    private const double MaxSeconds = 1e9;

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    public static bool TryRead(object? value, out TimeSpan duration)
    {
        double? seconds = value switch { long whole => whole, double number => number, string text => Parse(text), _ => null };
        bool ok = seconds is >= -MaxSeconds and <= MaxSeconds;
        duration = ok ? TimeSpan.FromSeconds(seconds!.Value) : TimeSpan.Zero;
        return ok;
    }

    public static string Show(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds} s");

    private static double? Parse(string text)
    {
        foreach ((string unit, double seconds) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return number * seconds;
            }
        }

        return null;
    }
}
