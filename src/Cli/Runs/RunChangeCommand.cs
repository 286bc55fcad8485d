using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary>What <c>cancel</c> and <c>replay</c> share: each run is asked for, each is answered for.</summary>
internal abstract class RunChangeCommand : CliCommand
{
    private readonly Argument<string[]> _ids = new("RUN") { Description = "The runs' ids", Arity = ArgumentArity.ZeroOrMore };
    private readonly ManyRuns _many;

    protected RunChangeCommand(CliHost host, string name, string description, IReadOnlyList<string> examples)
        : base(host, name, description, examples)
    {
        Arguments.Add(_ids);
        _many = new ManyRuns(host);
        foreach (Option option in _many.Options)
        {
            Options.Add(option);
        }
    }

    /// <summary>Does it to all runs that the options find.</summary>
    protected abstract Task<int> ChangeManyAsync(ManyRuns many, CliSession session, CancellationToken ct);

    /// <summary>What else the options ask for; null: nothing.</summary>
    protected virtual Task<int>? Other(CliSession session, string[] ids, CancellationToken ct) => null;

    protected abstract Task<ApiAnswer<RunChangeView>> ChangeAsync(CliSession session, string id, CancellationToken ct);

    protected abstract string Done(RunChangeView change);

    protected abstract string NotDone(RunChangeView change);

    /// <summary>Exit 1 when any of the runs was left as it was, or none was found.</summary>
    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string[] ids = [.. session.Get(_ids).Select(RunIds.Check)];
        if (ids.Length == 0 != _many.IsAsked(session))
        {
            throw CliException.Usage(
                ids.Length == 0 ? "Name runs, or say which by --app, --function, --state, --batch, --tag, --from, --to or --all." : "Either runs or what finds them, not both.");
        }

        if (ids.Length == 0)
        {
            return await ChangeManyAsync(_many, session, ct);
        }

        if (Other(session, ids, ct) is { } other)
        {
            return await other;
        }

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
