using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary><c>run ID</c>.</summary>
internal sealed class RunCommand : CliCommand
{
    private readonly Argument<string> _id = new("RUN") { Description = "The run's id" };
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Wait until it has ended" };
    private readonly Option<bool> _result = new("--result", "-r") { Description = "Print the function's answer instead" };
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Timeout("With --wait: give up waiting after this time (exit 6); the run goes on");

    public RunCommand(CliHost host)
        : base(host, "run", "Show a run: its state, attempts and times. Exit 1 when it failed.",
        [
            "intercluster run 0198c0de-0000-7000-8000-000000000000",
            "intercluster run $id --wait --timeout 5m",
            "intercluster run $id --wait --result > answer.json",
        ])
    {
        Arguments.Add(_id);
        Options.Add(_wait);
        Options.Add(_result);
        Options.Add(_timeout);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string id = RunIds.Check(session.Get(_id));
        var report = new RunReport(session);
        return session.Get(_wait)
            ? await report.FollowAsync(id, session.Get(_timeout), session.Get(_result), ct)
            : await report.ShowAsync(
                await session.Api.GatewayAsync<RunView>(HttpMethod.Get, session.Path("runs", id), ct), session.Get(_result), ct);
    }
}
