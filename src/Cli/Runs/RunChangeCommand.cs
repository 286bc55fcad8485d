using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary>What <c>cancel</c> and <c>replay</c> share: each run is asked for, each is answered for.</summary>
internal abstract class RunChangeCommand : CliCommand
{
    private readonly Argument<string[]> _ids = new("RUN") { Description = "The runs' ids", Arity = ArgumentArity.OneOrMore };

    protected RunChangeCommand(CliHost host, string name, string description, IReadOnlyList<string> examples)
        : base(host, name, description, examples)
    {
        Arguments.Add(_ids);
    }

    protected abstract Task<ApiAnswer<RunChangeView>> ChangeAsync(CliSession session, string id, CancellationToken ct);

    protected abstract string Done(RunChangeView change);

    protected abstract string NotDone(RunChangeView change);

    /// <summary>Exit 1 when any of the runs was left as it was.</summary>
    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string[] ids = [.. session.Get(_ids).Select(RunIds.Check)];
        int exit = ExitCodes.Ok;
        foreach (string id in ids)
        {
            ApiAnswer<RunChangeView> change = await ChangeAsync(session, id, ct);
            exit = change.Value.Changed ? exit : ExitCodes.Failed;
            if (session.Console.IsJson)
            {
                session.Console.Json(change.Json);
            }
            else
            {
                session.Console.Result.Line(change.Value.Changed
                    ? new Cell($"{id} {Done(change.Value)}", Tone.Good)
                    : new Cell($"{id} {NotDone(change.Value)}", Tone.Warn));
            }
        }

        return exit;
    }
}
