using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Runs;

/// <summary>The wishes that a run can come with, as headers of a call and as fields of a batch's line spell them, and how to say what is allowed.</summary>
internal static class RunWords
{
    public const int MaxKeyLength = 255;
    public const int MaxTagLength = 128;
    public const string Priorities = "high, normal or low";

    public static readonly string Keys = $"1 to {MaxKeyLength} visible ASCII characters";
    public static readonly string Tags = $"1 to {MaxTagLength} visible ASCII characters";

    public static bool TryPriority(ReadOnlySpan<char> text, out RunPriority priority)
    {
        priority = text switch { "high" => RunPriority.High, "low" => RunPriority.Low, _ => RunPriority.Normal };
        return priority != RunPriority.Normal || text is "normal";
    }

    public static bool TryDelay(ReadOnlySpan<char> text, DateTimeOffset now, TimeSpan most, out DateTimeOffset? runAt)
    {
        bool ok = WireDuration.TryParse(text, out TimeSpan wait) && wait <= most;
        runAt = ok && wait > TimeSpan.Zero ? now + wait : null;
        return ok;
    }

    public static bool TryInstant(string text, DateTimeOffset now, TimeSpan most, out DateTimeOffset? runAt)
    {
        bool ok = WireDuration.TryParseInstant(text, out DateTimeOffset instant) && instant - now <= most;
        runAt = ok && instant > now ? instant : null;
        return ok;
    }

    public static bool IsKey([NotNullWhen(true)] string? text) => IsVisible(text, MaxKeyLength);

    public static bool IsTag([NotNullWhen(true)] string? text) => IsVisible(text, MaxTagLength);

    public static string Delays(TimeSpan most) => $"a whole number and s, m, h or d, at most {most.TotalDays:0.##} days";

    public static string Instants(TimeSpan most) => $"an RFC 3339 time with an offset, at most {most.TotalDays:0.##} days ahead";

    private static bool IsVisible([NotNullWhen(true)] string? text, int most) =>
        text is { Length: > 0 } && text.Length <= most && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
