using System.CommandLine;
using System.CommandLine.Parsing;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary>Kinds of options that several verbs have. Each verb makes its own: a symbol belongs to one command.</summary>
internal static class CommonOptions
{
    /// <summary>A duration such as <c>30s</c> or <c>5m</c>.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = ParseDuration,
    };

    public static Option<TimeSpan?> Timeout(string description = "Give up after this time (exit 6)") => Duration("--timeout", description);

    /// <summary>A moment: RFC 3339, or a duration before now.</summary>
    public static Option<string?> Moment(string name, string description) => new(name)
    {
        Description = $"{description}: RFC 3339, or a time ago such as 2h",
        HelpName = "TIME",
    };

    /// <summary>The moment that was given, as the wire has it.</summary>
    public static string? ReadMoment(string? text, TimeProvider time)
    {
        if (text is null)
        {
            return null;
        }

        if (Durations.TryParse(text, out TimeSpan ago))
        {
            return Durations.Exact(time.GetUtcNow() - ago);
        }

        return DateTimeOffset.TryParse(
            text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
            ? Durations.Exact(at)
            : throw CliException.Usage($"'{text}' is neither a time (2026-08-01T12:00:00Z) nor a time ago (2h).");
    }

    public static Argument<string> App(CliHost host, string description = "The app's name") => new("APP")
    {
        Description = description,
        // Without a name of its own the help would ask the completion, and so the server, for one.
        HelpName = "APP",
        CompletionSources = { context => AppNameCompletion.Complete(context, host) },
    };

    private static TimeSpan? ParseDuration(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (Durations.TryParse(text, out TimeSpan time))
        {
            return time;
        }

        result.AddError($"'{text}' is not a duration: use a number and ms, s, m, h or d, such as 30s or 5m.");
        return null;
    }
}
