using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Sqlite.Runs;

namespace InterCluster.Storage.Sqlite.Batches;

/// <summary>Reads a stretch of a batch's runs with their answers, in the order of the lines.</summary>
internal static class ReadResults
{
    private static readonly Sql Select = new("""
        select seq from runs indexed by runs_by_batch where batch = @batch and line > @after order by line limit @limit
        """);

    public static IReadOnlyList<BatchResult> Apply(SqliteSession session, string project, BatchId id, long afterLine, int limit, long maxBytes)
    {
        var results = new List<BatchResult>();
        if (BatchRows.FindSeq(session, project, id) is not { } batch)
        {
            return results;
        }

        using Statement rows = session.Use(Select);
        rows.Bind(batch).Bind(afterLine).Bind(limit);
        for (long bytes = 0; bytes < maxBytes && rows.Step();)
        {
            if (Read(session, rows.Long(0)) is { } result)
            {
                results.Add(result);
                bytes += result.Response?.Body.Length ?? 0;
            }
        }

        return results;
    }

    private static BatchResult? Read(SqliteSession session, long seq) => ReadRun.Get(session, seq) is not { } run ? null
        : new BatchResult(run, RunStateMachine.IsTerminal(run.State) ? ReadRun.GetResponse(session, seq) : null);
}
