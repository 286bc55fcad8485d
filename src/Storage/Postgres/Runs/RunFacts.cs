namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Pieces of SQL that several statements share.</summary>
internal static class RunFacts
{
    /// <summary>Ends the rows of <c>gone</c> (deleted from <c>live</c>): needs their columns and <c>now.time</c>, a state, an error.</summary>
    public const string IntoFinished =
        "insert into finished (id, started_at, finished_at, expires_at, lease, function_id, attempt, crashes, status, state, hooked, error)";

    /// <summary>A row of counts for each function and batch: what left the states of <c>from_state</c>, what came into those of <c>to_state</c>.</summary>
    public const string IntoCounts = """
        insert into counts (function_id, batch, scheduled, queued, running, succeeded, failed, cancelled, dead)
        select function_id, batch,
          count(*) filter (where to_state = 0) - count(*) filter (where from_state = 0),
          count(*) filter (where to_state = 1) - count(*) filter (where from_state = 1),
          count(*) filter (where to_state = 2) - count(*) filter (where from_state = 2),
          count(*) filter (where to_state = 3) - count(*) filter (where from_state = 3),
          count(*) filter (where to_state = 4) - count(*) filter (where from_state = 4),
          count(*) filter (where to_state = 5) - count(*) filter (where from_state = 5),
          count(*) filter (where to_state = 6) - count(*) filter (where from_state = 6)
        from moved group by function_id, batch
        """;
}
