using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary><c>deploy [FOLDER|FILE]</c>.</summary>
internal sealed class DeployCommand : CliCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Argument<string> _path = new("FOLDER|FILE")
    {
        Description = "A folder with an intercluster.toml or cerebrium.toml, or the file itself",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<string?> _name = new("--name") { Description = "Deploy under this name instead of the file's", HelpName = "APP" };
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait until min_replicas replicas of the new revision are ready" };
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Timeout("With --wait: give up after this time (exit 6) [default: 2m]");

    public DeployCommand(CliHost host)
        : base(host, "deploy", "Deploy an app, or a new revision of it, from its file.",
        [
            "intercluster deploy",
            "intercluster deploy examples/words --wait",
            "intercluster deploy old-app/cerebrium.toml --name words-canary --json",
        ])
    {
        Arguments.Add(_path);
        Options.Add(_name);
        Options.Add(_wait);
        Options.Add(_timeout);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        AppFile file = AppFile.Find(session.Get(_path), session.Host.Directory);
        string name = session.Get(_name) ?? file.ReadName();
        ApiAnswer<AppView> app = await PutAsync(session, file, name, ct);
        NoteIgnoredKeys(session, app.Value);
        if (session.Get(_wait))
        {
            await new ReadyWatcher(session).WaitAsync(app.Value, session.Get(_timeout) ?? Patience, ct);
        }

        Show(session, app);
        return ExitCodes.Ok;
    }

    private static async Task<ApiAnswer<AppView>> PutAsync(CliSession session, AppFile file, string name, CancellationToken ct)
    {
        using var content = new StringContent(file.Text, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/toml", "utf-8");
        try
        {
            return await session.Api.ControlAsync<AppView>(
                HttpMethod.Put, ApiPath.WithQuery(session.Path("apps", name), ("folder", file.Folder)), ct, content);
        }
        catch (CliException e) when (e.Code == ProblemCodes.InvalidRequest)
        {
            string why = e.Mistakes.Count > 1 ? $"it has {e.Mistakes.Count} mistakes." : e.Message;
            throw new CliException(ExitCodes.Usage, $"{file.Path} was refused: {why}", e)
            {
                Code = e.Code, Mistakes = e.Mistakes.Count > 1 ? e.Mistakes : [], Problem = e.Problem, Advice = "Nothing was changed. docs/apps.md lists the keys.",
            };
        }
    }

    private static void NoteIgnoredKeys(CliSession session, AppView app)
    {
        if (app.NotApplicable is { Count: > 0 } keys)
        {
            session.Console.Notes.Line(new Cell($"note: these keys mean nothing here and were passed over: {string.Join(", ", keys)}", Tone.Warn));
        }
    }

    private static void Show(CliSession session, ApiAnswer<AppView> app)
    {
        if (session.Console.IsJson)
        {
            session.Console.Json(app.Json);
            return;
        }

        AppView view = app.Value;
        session.Console.Result.Show(new DetailView(
        [
            ("app", new Cell(view.App, Tone.Strong)),
            ("revision", view.Revision),
            ("url", new Cell(view.Url, Tone.Busy)),
            ("auth", AppDetails.Auth(view)),
            ("replicas", AppDetails.Range(view.Scaling)),
        ]));
        session.Console.Notes.Line(new Cell($"Call it: intercluster call {view.App}/", Tone.Dim));
    }
}
