using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>What a claim took; the request is read after the commit, so that bodies do not pass through the writer.</summary>
internal readonly record struct Claim(
    long Seq, RunId Id, FunctionId Function, int Attempt, int MaxAttempts, long Lease, int Crashes, long ReadyAt, Backoff? Backoff);

internal static class ClaimRuns
{
    private static readonly Sql Take = new("""
        update runs
        set state = 2, attempt = attempt + 1, lease = lease + 1, lease_until = @until, started_at = @now, worker = @worker
        where id = @id and state = 1 and (expires_at is null or expires_at > @now)
        returning seq, function_id, attempt, max_attempts, lease, crashes, ready_at, backoff_first, backoff_longest, batch
        """);

    private static readonly Sql SelectNext = new("""
        select id from runs indexed by runs_ready
        where state = 1 and function_id = @function and (expires_at is null or expires_at > @now)
        order by ready_at + priority * 300000000, seq limit @limit
        """);

    private static readonly Sql ReadRequest = new("select method, path, headers, body from requests where seq = @seq");

    public static List<Claim> Apply(WriteSession session, IReadOnlyList<RunId> ids, string worker, TimeSpan lease)
    {
        long until = session.Steady + Micros.From(lease);
        var claims = new List<Claim>(ids.Count);
        foreach (RunId id in ids)
        {
            using Statement take = session.Use(Take);
            if (take.Bind(until).Bind(session.Now).Bind(worker).Bind(id).Step())
            {
                FunctionRow function = session.Functions[take.Int(1)];
                claims.Add(new Claim(
                    take.Long(0), id, function.Function, take.Int(2), take.Int(3), take.Long(4), take.Int(5), take.Long(6), BackoffOf(take)));
                session.Effects.Changed(id, function.Id, take.LongOrNull(9), RunState.Queued, RunState.Running);
            }
        }

        return claims;
    }

    public static List<Claim> Next(WriteSession session, FunctionId function, int limit, string worker, TimeSpan lease) =>
        session.Functions.Find(function) is { } row ? Apply(session, NextIds(session, row.Id, limit), worker, lease) : [];

    private static List<RunId> NextIds(WriteSession session, int function, int limit)
    {
        var ids = new List<RunId>();
        using Statement rows = session.Use(SelectNext);
        rows.Bind(function).Bind(session.Now).Bind(limit);
        while (rows.Step())
        {
            ids.Add(rows.Id(0));
        }

        return ids;
    }

    public static IReadOnlyList<ClaimedRun> WithRequests(SqliteSession session, List<Claim> claims)
    {
        var runs = new ClaimedRun[claims.Count];
        for (int i = 0; i < runs.Length; i++)
        {
            Claim claim = claims[i];
            runs[i] = new ClaimedRun(
                claim.Id, claim.Function, Request(session, claim.Seq), claim.Attempt, claim.MaxAttempts, claim.Lease, claim.Crashes)
            {
                ReadyAt = Micros.ToTime(claim.ReadyAt),
                Backoff = claim.Backoff,
            };
        }

        return runs;
    }

    private static Backoff? BackoffOf(Statement row) =>
        row.IsNull(7) ? null : new Backoff(Micros.ToSpan(row.Long(7)), Micros.ToSpan(row.Long(8)));

    private static RunRequest Request(SqliteSession session, long seq)
    {
        using Statement row = session.Use(ReadRequest);
        row.Bind(seq).Step();
        return new RunRequest(row.Text(0), row.Text(1), HeaderCodec.Decode(row.Span(2)), row.Bytes(3));
    }
}
