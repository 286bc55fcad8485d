using System.CommandLine;
using System.Globalization;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Runs;

namespace InterCluster.Cli.Batches;

/// <summary><c>batch results BATCH</c>: the lines as they come.</summary>
internal sealed class BatchResultsCommand : CliCommand
{
    private readonly Argument<string> _id = new("BATCH") { Description = "The batch's id" };
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Wait for each run; ends with the batch" };
    private readonly Option<long?> _after = new("--after") { Description = "Go on after this line", HelpName = "LINE" };
    private readonly Option<RunState?> _state = new("--state", "-s") { Description = "Only runs in this state", HelpName = "STATE" };

    public BatchResultsCommand(CliHost host)
        : base(host, "results", "Print the results of a batch as NDJSON, in the order of its lines.",
        [
            "intercluster batch results $id --follow > results.ndjson",
            "intercluster batch results $id --state dead | jq .line",
        ])
    {
        Arguments.Add(_id);
        Options.Add(_follow);
        Options.Add(_after);
        Options.Add(_state);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string path = ApiPath.WithQuery(
            session.Path("batches", BatchDetails.Check(session.Get(_id)), "results"),
            ("follow", session.Get(_follow) ? "true" : null),
            ("after", session.Get(_after)?.ToString(CultureInfo.InvariantCulture)),
            ("state", session.Get(_state) is { } state ? StateTones.Word(state) : null));
        using HttpResponseMessage response = await session.Api.SendAsync(session.Connection.GatewayUrl, HttpMethod.Get, path, null, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw await session.Api.FailureAsync(response, ct);
        }

        Stream output = session.Console.OpenBody();
        await response.Content.CopyToAsync(output, ct);
        await output.FlushAsync(ct);
        return ExitCodes.Ok;
    }
}
