using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>Ends the waiting runs of an app that is gone, a bounded number at a time: a deep queue must not hold up everybody else's commits.</summary>
internal static class FailApp
{
    public const int Limit = 2000;

    private static readonly Sql Fail = new("""
        update runs set state = 4, error = 'app_not_found', finished_at = @now
        where seq in (select seq from runs indexed by runs_by_function where function_id = @function and state = @from limit @limit)
        returning id, batch
        """);

    public static int Apply(WriteSession session, AppId app)
    {
        int count = 0;
        foreach (FunctionRow function in session.Functions.All.Where(f => f.Function.App == app))
        {
            count += Apply(session, function.Id, RunState.Scheduled, Limit - count);
            count += Apply(session, function.Id, RunState.Queued, Limit - count);
        }

        return count;
    }

    private static int Apply(WriteSession session, int function, RunState from, int limit)
    {
        int count = 0;
        using Statement fail = session.Use(Fail);
        fail.Bind(session.Now).Bind(function).Bind((long)from).Bind(limit);
        while (limit > 0 && fail.Step())
        {
            session.Effects.Changed(fail.Id(0), function, fail.LongOrNull(1), from, RunState.Failed);
            count++;
        }

        return count;
    }
}
