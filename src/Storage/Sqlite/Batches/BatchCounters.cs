using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Batches;

/// <summary>Keeps the counts of batches with every commit: one update for each batch that the group has touched, however many of its runs moved.</summary>
internal static class BatchCounters
{
    private const int States = 7;

    private static readonly Sql Add = new("""
        update batches
        set scheduled = scheduled + @scheduled, queued = queued + @queued, running = running + @running, succeeded = succeeded + @succeeded,
            failed = failed + @failed, cancelled = cancelled + @cancelled, dead = dead + @dead
        where seq = @seq
        """);

    public static void Apply(SqliteSession session, List<StateChange> changes)
    {
        Dictionary<long, long[]>? touched = null;
        foreach (StateChange change in changes)
        {
            if (change.Batch is { } batch)
            {
                touched ??= [];
                Count(touched, batch, change);
            }
        }

        foreach ((long batch, long[] counts) in touched ?? [])
        {
            Write(session, batch, counts);
        }
    }

    private static void Count(Dictionary<long, long[]> touched, long batch, in StateChange change)
    {
        if (!touched.TryGetValue(batch, out long[]? counts))
        {
            touched.Add(batch, counts = new long[States]);
        }

        counts[(int)change.To]++;
        if (change.From is { } from)
        {
            counts[(int)from]--;
        }
    }

    private static void Write(SqliteSession session, long batch, long[] counts)
    {
        using Statement add = session.Use(Add);
        foreach (long count in counts)
        {
            add.Bind(count);
        }

        add.Bind(batch).Run();
    }
}
