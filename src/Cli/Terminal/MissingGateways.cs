namespace InterCluster.Cli.Terminal;

/// <summary>Says what a list of several gateways lacks.</summary>
internal static class MissingGateways
{
    public static void Missing(this IHumanOutput notes, IReadOnlyList<string>? unanswered)
    {
        if (unanswered is { Count: > 0 })
        {
            notes.Line(new Cell($"Not complete: no answer in time from {string.Join(", ", unanswered)}.", Tone.Warn));
        }
    }
}
