using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary>Waits for the end of a run by long polls, and reports each state on the way.</summary>
internal sealed class RunWatcher(CliSession session)
{
    /// <summary>How long the server holds one poll. Short enough to show a change of state soon, since only the end wakes it.</summary>
    private const string Poll = "2s";

    /// <summary>Between polls that were answered at once, by a server that is stopping or does not wait.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async Task<ApiAnswer<RunView>> WaitAsync(string id, TimeSpan? timeout, CancellationToken ct)
    {
        using var patience = new Patience(timeout, session.Time, ct);
        return await session.Console.Notes.WaitAsync(
            $"run {id}",
            report => patience.RunAsync(limited => PollAsync(id, report, limited), $"Run {id} has not ended"));
    }

    private async Task<ApiAnswer<RunView>> PollAsync(string id, Action<string> report, CancellationToken ct)
    {
        string path = ApiPath.WithQuery(session.Path("runs", id), ("wait", Poll));
        string first = session.Path("runs", id);
        ApiAnswer<RunView> run = await session.Api.GatewayAsync<RunView>(HttpMethod.Get, first, ct);
        while (true)
        {
            report(Words(run.Value));
            if (RunStateMachine.IsTerminal(run.Value.State))
            {
                return run;
            }

            long asked = session.Time.GetTimestamp();
            run = await session.Api.GatewayAsync<RunView>(HttpMethod.Get, path, ct);
            if (!RunStateMachine.IsTerminal(run.Value.State) && session.Time.GetElapsedTime(asked) < Pause)
            {
                await Task.Delay(Pause, session.Time, ct);
            }
        }
    }

    private static string Words(RunView run)
    {
        string state = Terminal.StateTones.Word(run.State);
        string attempt = run.Attempt > 1 || run.State == RunState.Scheduled && run.Attempt > 0 ? $", attempt {run.Attempt} of {run.MaxAttempts}" : "";
        return run.Error is { } error ? $"{state}{attempt}, {error}" : state + attempt;
    }
}
