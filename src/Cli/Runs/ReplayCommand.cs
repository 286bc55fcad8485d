using System.CommandLine;
using System.Text;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary><c>replay RUN…</c>.</summary>
internal sealed class ReplayCommand : RunChangeCommand
{
    private readonly Option<string?> _changes = new("--changes")
    {
        Description = "Make a new run of RUN with another input: JSON with the fields of a batch's line (body, path, query, headers, …)",
        HelpName = "JSON",
    };

    private readonly Option<string?> _file = new("--changes-file") { Description = "The same from a file; - is standard input", HelpName = "PATH" };

    public ReplayCommand(CliHost host)
        : base(
            host, "replay", "Run failed or dead runs again, with fresh attempts.",
            ["intercluster replay $id", "intercluster replay --app report --state dead --from 24h --dry-run", """intercluster replay $id --changes '{"body":{"retry":true}}'"""])
    {
        Options.Add(_changes);
        Options.Add(_file);
    }

    protected override Task<int> ChangeManyAsync(ManyRuns many, CliSession session, CancellationToken ct) => !HasChanges(session)
        ? many.RunAsync(session, HttpMethod.Post, "Replay", "are queued again", ["runs", "replay"], ct)
        : throw CliException.Usage("--changes, or --changes-file, goes with one run.");

    protected override Task<int>? Other(CliSession session, string[] ids, CancellationToken ct) => !HasChanges(session) ? null
        : ids.Length == 1 && (session.Get(_changes) is null || session.Get(_file) is null) ? WithChangesAsync(session, ids[0], ct)
        : throw CliException.Usage("--changes, or --changes-file, goes with one run.");

    protected override Task<ApiAnswer<RunChangeView>> ChangeAsync(CliSession session, string id, CancellationToken ct) =>
        session.Api.GatewayAsync<RunChangeView>(HttpMethod.Post, session.Path("runs", id, "replay"), ct);

    protected override string Done(RunChangeView change) => $"is queued again; it was {StateTones.Word(change.PreviousState)}.";

    protected override string NotDone(RunChangeView change) => $"is {StateTones.Word(change.PreviousState)}: only failed and dead runs can be replayed.";

    private bool HasChanges(CliSession session) => session.Get(_changes) is not null || session.Get(_file) is not null;

    // The new run's id alone, as submit prints it.
    private async Task<int> WithChangesAsync(CliSession session, string id, CancellationToken ct)
    {
        string json = session.Get(_changes) ?? await ReadAsync(session, session.Get(_file)!, ct);
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        ApiAnswer<RunAccepted> made = await session.Api.GatewayAsync<RunAccepted>(HttpMethod.Post, session.Path("runs", id, "replay"), ct, body);
        if (session.Console.IsJson)
        {
            session.Console.Json(made.Json);
        }
        else
        {
            session.Console.Result.Line(made.Value.RunId);
        }

        return ExitCodes.Ok;
    }

    private static async Task<string> ReadAsync(CliSession session, string path, CancellationToken ct)
    {
        try
        {
            using var reader = new StreamReader(path == "-" ? session.Host.Input : File.OpenRead(Path.GetFullPath(path, session.Host.Directory)));
            return await reader.ReadToEndAsync(ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{path} cannot be read: {e.Message}");
        }
    }
}
