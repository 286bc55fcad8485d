using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary><c>logs APP</c>.</summary>
internal sealed class LogsCommand : CliCommand
{
    private static readonly Tone[] ReplicaTones = [Tone.Busy, Tone.Good, Tone.Warn, Tone.Strong];

    private readonly Argument<string> _app;
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with new lines until Ctrl-C" };
    private readonly Option<int> _tail = new("--tail", "-n") { Description = "How many stored lines at most", DefaultValueFactory = _ => 100, HelpName = "LINES" };
    private readonly Option<string?> _replica = new("--replica") { Description = "Only lines of this replica", HelpName = "ID" };

    public LogsCommand(CliHost host)
        : base(host, "logs", "Show what the replicas of an app wrote, and what became of them.",
        [
            "intercluster logs words",
            "intercluster logs words -f",
            "intercluster logs words --tail 1000 --json | jq -r .text",
        ])
    {
        _app = CommonOptions.App(host);
        Arguments.Add(_app);
        Options.Add(_follow);
        Options.Add(_tail);
        Options.Add(_replica);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string path = ApiPath.WithQuery(
            session.Path("apps", session.Get(_app), "logs"),
            ("tail", session.Get(_tail).ToString(CultureInfo.InvariantCulture)),
            ("follow", session.Get(_follow) ? "true" : null));
        using HttpResponseMessage response = await session.Api.SendAsync(session.Connection.ControlUrl, HttpMethod.Get, path, null, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw await session.Api.FailureAsync(response, ct);
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            Show(session, line);
        }

        return ExitCodes.Ok;
    }

    private void Show(CliSession session, string json)
    {
        if (json.Length == 0)
        {
            // A heartbeat of an idle stream.
            return;
        }

        JsonElement document = JsonElement.Parse(json);
        LogLineView line = LenientJson.Read<LogLineView>(document);
        if (session.Get(_replica) is { } only && only != line.Replica)
        {
            return;
        }

        if (session.Console.IsJson)
        {
            session.Console.Json(document);
            return;
        }

        session.Console.Result.Line(
            new Cell(line.Time.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), Tone.Dim, Durations.Exact(line.Time)),
            new Cell(line.Replica, ReplicaTones[line.Replica.Sum(c => c) % ReplicaTones.Length]),
            new Cell(line.Text, line.Stream switch { "stderr" => Tone.Warn, "event" => Tone.Dim, _ => Tone.Normal }));
    }
}
