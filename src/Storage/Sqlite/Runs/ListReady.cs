using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>
/// Reads what is ready and long unclaimed. The functions share the limit: what one leaves, the next ones may take, and each pass begins
/// with another function, so none is left out for ever.
/// </summary>
internal static class ListReady
{
    private static readonly Sql Select = new("""
        select id from runs indexed by runs_ready
        where state = 1 and function_id = @function and priority = @priority and ready_at < @before
        order by ready_at limit @limit
        """);

    public static IReadOnlyList<ReadyRuns> Read(SqliteSession session, List<FunctionCount> functions, int first, long before, int limit)
    {
        var ready = new List<ReadyRuns>();
        for (int i = 0; i < functions.Count && limit > 0; i++)
        {
            FunctionRow function = functions[(first + i) % functions.Count].Row;
            int share = (int)Math.Ceiling((double)limit / (functions.Count - i));
            List<RunId> ids = Read(session, function.Id, before, share);
            if (ids.Count > 0)
            {
                ready.Add(new ReadyRuns(function.Function, ids));
                limit -= ids.Count;
            }
        }

        return ready;
    }

    private static List<RunId> Read(SqliteSession session, int function, long before, int limit)
    {
        var ids = new List<RunId>();
        for (RunPriority priority = RunPriority.High; priority <= RunPriority.Low && ids.Count < limit; priority++)
        {
            using Statement rows = session.Use(Select);
            rows.Bind(function).Bind((long)priority).Bind(before).Bind(limit - ids.Count);
            while (rows.Step())
            {
                ids.Add(rows.Id(0));
            }
        }

        return ids;
    }
}
