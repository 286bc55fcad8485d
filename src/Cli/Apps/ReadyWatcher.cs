using InterCluster.Cli.CommandLine;
using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary>Waits until a revision has the replicas that its file promises.</summary>
internal sealed class ReadyWatcher(CliSession session)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async Task WaitAsync(AppView app, TimeSpan timeout, CancellationToken ct)
    {
        if (app.Scaling.MinReplicas == 0)
        {
            session.Console.Notes.Line($"{app.App} starts its first replica on the first call (min_replicas is 0).");
            return;
        }

        using var patience = new Patience(timeout, session.Time, ct);
        await session.Console.Notes.WaitAsync(app.App, report => WatchAsync(app, report, patience));
    }

    private async Task<ReplicaListView> WatchAsync(AppView app, Action<string> report, Patience patience)
    {
        string path = session.Path("apps", app.App, "replicas");
        while (true)
        {
            ReplicaListView list = (await patience.RunAsync(
                ct => session.Api.ControlAsync<ReplicaListView>(HttpMethod.Get, path, ct), $"{app.App} is not ready")).Value;
            ReplicaView[] own = [.. list.Replicas.Where(r => r.Revision == app.Revision)];
            int ready = own.Count(r => r.State == ReplicaState.Ready);
            report($"{ready} of {app.Scaling.MinReplicas} replicas of revision {app.Revision} ready");
            if (ready >= app.Scaling.MinReplicas)
            {
                return list;
            }

            ThrowIfHopeless(app, list, own);
            await patience.RunAsync(
                async ct => { await Task.Delay(Pause, session.Time, ct); return true; }, $"{app.App} is not ready");
        }
    }

    private static void ThrowIfHopeless(AppView app, ReplicaListView list, ReplicaView[] own)
    {
        if (!list.CrashLoop)
        {
            return;
        }

        string why = own.LastOrDefault(r => r.State == ReplicaState.Crashed)?.Detail ?? "its replicas end by themselves";
        throw new CliException(ExitCodes.Failed, $"{app.App} crash-loops: {why}.")
        {
            Advice = $"`intercluster logs {app.App}` shows what it said. The next deploy tries again.",
        };
    }
}
