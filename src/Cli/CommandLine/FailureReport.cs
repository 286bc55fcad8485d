using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary>Shows a failure: what failed, every mistake, the code, what to do. For scripts, the server's own answer as JSON.</summary>
internal static class FailureReport
{
    public static void Show(ICliConsole console, CliException failure)
    {
        string code = failure.Code is null ? "" : $" [{failure.Code}]";
        string run = failure.RunId is null ? "" : $" (run {failure.RunId})";
        console.Notes.Line(new Cell($"error: {failure.Message}{code}{run}", Tone.Bad));
        foreach (string mistake in failure.Mistakes)
        {
            console.Notes.Line(new Cell($"  - {mistake}", Tone.Bad));
        }

        if (failure.Advice is not null)
        {
            console.Notes.Line(new Cell($"  {failure.Advice}", Tone.Dim));
        }

        if (console.IsJson && failure.Problem is { } problem)
        {
            console.Json(problem);
        }
    }
}
