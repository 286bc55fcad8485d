using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Retention;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>Removes what has ended long ago.</summary>
internal sealed class RemoveRuns(SqliteDatabase database) : IEndedRuns
{
    private static readonly Sql SelectDone = new("""
        select seq from runs indexed by runs_done where state in (3, 5) and finished_at < @before order by finished_at limit @limit
        """);

    private static readonly Sql SelectFailed = new("""
        select seq from runs indexed by runs_failed where state in (4, 6) and finished_at < @before order by finished_at limit @limit
        """);

    private static readonly Sql DropResponse = new("delete from responses where seq = @seq");
    private static readonly Sql DropRequest = new("delete from requests where seq = @seq");
    private static readonly Sql DropRun = new("delete from runs where seq = @seq");

    private static readonly Sql DropBatches = new("""
        delete from batches where seq in (
            select b.seq from batches b indexed by batches_closed
            where b.state <> 0 and b.created_at < @before and not exists (select 1 from runs r where r.batch = b.seq) limit @limit)
        """);

    public ValueTask<int> RemoveAsync(RetentionKind kind, TimeSpan age, int limit, CancellationToken ct) =>
        database.WriteAsync(s => Remove(s, kind == RetentionKind.Done ? SelectDone : SelectFailed, age, limit), new WorkCost(limit), ct);

    public ValueTask<int> RemoveBatchesAsync(TimeSpan age, int limit, CancellationToken ct) =>
        database.WriteAsync(s => RemoveBatches(s, age, limit), ct);

    private static int Remove(WriteSession session, Sql select, TimeSpan age, int limit)
    {
        var old = new List<long>();
        using (Statement rows = session.Use(select))
        {
            rows.Bind(session.Now - Micros.From(age)).Bind(limit);
            while (rows.Step())
            {
                old.Add(rows.Long(0));
            }
        }

        foreach (long seq in old)
        {
            Drop(session, DropResponse, seq);
            Drop(session, DropRequest, seq);
            Drop(session, DropRun, seq);
        }

        return old.Count;
    }

    private static void Drop(WriteSession session, Sql sql, long seq)
    {
        using Statement drop = session.Use(sql);
        drop.Bind(seq).Run();
    }

    private static int RemoveBatches(WriteSession session, TimeSpan age, int limit)
    {
        using Statement drop = session.Use(DropBatches);
        return drop.Bind(session.Now - Micros.From(age)).Bind(limit).Run();
    }
}
