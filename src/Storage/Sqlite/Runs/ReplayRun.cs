using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>Starts a failed or dead run over. Its lease number stays: it never repeats, so no worker of the first life can settle the second.</summary>
internal static class ReplayRun
{
    private static readonly Sql Replay = new("""
        update runs
        set state = 1, attempt = 0, crashes = 0, ready_at = @now, started_at = null, finished_at = null, status = null, error = null,
            expires_at = @now + max_age
        where seq = @seq and state = @from
        """);

    private static readonly Sql DropResponse = new("delete from responses where seq = @seq");

    public static RunState? Apply(WriteSession session, string project, RunId id)
    {
        StoredRun? found = StoredRun.Find(session, project, id);
        if (found is not { State: RunState.Failed or RunState.Dead } run)
        {
            return found?.State;
        }

        using Statement replay = session.Use(Replay);
        replay.Bind(session.Now).Bind(run.Seq).Bind((long)run.State).Run();
        using Statement drop = session.Use(DropResponse);
        drop.Bind(run.Seq).Run();
        session.Effects.Changed(id, run.FunctionId, run.Batch, run.State, RunState.Queued);
        return run.State;
    }
}
