using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

internal static class CancelRun
{
    private static readonly Sql Cancel = new("""
        update runs set state = 5, finished_at = @now, lease_until = null where seq = @seq and state = @from
        """);

    public static RunState? Apply(WriteSession session, string project, RunId id)
    {
        StoredRun? found = StoredRun.Find(session, project, id);
        if (found is not { State: <= RunState.Running } run)
        {
            return found?.State;
        }

        using Statement cancel = session.Use(Cancel);
        cancel.Bind(session.Now).Bind(run.Seq).Bind((long)run.State).Run();
        session.Effects.Changed(id, run.FunctionId, run.Batch, run.State, RunState.Cancelled);
        if (run.State == RunState.Running)
        {
            session.Effects.CancelRequested.Add(id);
        }

        return run.State;
    }
}
