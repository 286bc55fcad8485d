using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>How many runs of each function are not terminal: the sum of what every transition left in <c>counts</c>.</summary>
internal static class Depths
{
    private const string Sum = """
        select function_id, sum(scheduled)::bigint, sum(queued)::bigint, sum(running)::bigint
        from counts where function_id is not null group by function_id
        having sum(scheduled) <> 0 or sum(queued) <> 0 or sum(running) <> 0
        """;

    // One statement: whoever reads meanwhile sees the rows before it or the ones after it. One server at a time, so that nobody waits.
    private const string FoldSql = """
        with
          mine as materialized (select pg_try_advisory_xact_lock($1) as got),
          gone as (delete from counts where (select got from mine) returning *),
          folded as (
            update batches b
            set scheduled = b.scheduled + s.scheduled, queued = b.queued + s.queued, running = b.running + s.running, succeeded = b.succeeded + s.succeeded,
                failed = b.failed + s.failed, cancelled = b.cancelled + s.cancelled, dead = b.dead + s.dead
            from (
              select batch, sum(scheduled) as scheduled, sum(queued) as queued, sum(running) as running, sum(succeeded) as succeeded, sum(failed) as failed,
                     sum(cancelled) as cancelled, sum(dead) as dead
              from gone where batch is not null group by batch) s
            where b.id = s.batch)
        insert into counts (function_id, scheduled, queued, running)
        select function_id, sum(scheduled), sum(queued), sum(running) from gone where function_id is not null group by function_id
        having sum(scheduled) <> 0 or sum(queued) <> 0 or sum(running) <> 0
        """;

    private const long FoldLock = 0x494353_02;

    public static IReadOnlyList<FunctionDepth> Read(PgSession session)
    {
        List<(int Function, long Scheduled, long Queued, long Running)> sums = ReadSums(session);
        session.Functions.Load(session, sums.Select(s => s.Function));
        return [.. sums.Select(s => new FunctionDepth(session.Functions[s.Function].Function, s.Scheduled, s.Queued, s.Running))];
    }

    /// <summary>Folds the rows together: a reader goes through those that came since.</summary>
    public static int Fold(PgSession session) => session.Run(FoldSql, Pg.Value(FoldLock, NpgsqlDbType.Bigint));

    private static List<(int, long, long, long)> ReadSums(PgSession session)
    {
        using NpgsqlCommand sum = session.Command(Sum);
        using NpgsqlDataReader rows = sum.ExecuteReader();
        var sums = new List<(int, long, long, long)>();
        while (rows.Read())
        {
            sums.Add((rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3)));
        }

        return sums;
    }
}
