using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Retention;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Removes what has ended long ago.</summary>
internal sealed class RemoveRuns(PostgresDatabase database) : IEndedRuns
{
    // From where the last removal ended: before it are the dead entries of what it removed.
    private const string Remove = """
        with
          old as materialized (
            select id, finished_at from finished
            where {0} and finished_at >= $1 and finished_at < (select clock()) - $2 order by finished_at limit $3 for update skip locked),
          gone as (delete from finished f using old where f.id = old.id),
          responses_gone as (delete from responses a using old where a.id = old.id),
          webhooks_gone as (delete from run_webhooks w using old where w.run_id = old.id),
          requests_gone as (delete from requests r using old where r.id = old.id)
        select count(*)::int, max(finished_at) from old
        """;

    private const string RemoveBatches = """
        delete from batches where id in (
          select b.id from batches b
          where b.state <> 0 and b.created_at < (select clock()) - $1
            and not exists (select from requests r where r.batch = b.id)
          limit $2 for update skip locked)
        """;

    private static readonly string RemoveDone = Remove.Replace("{0}", "state in (3, 5)", StringComparison.Ordinal);
    private static readonly string RemoveFailed = Remove.Replace("{0}", "state in (4, 6)", StringComparison.Ordinal);

    private readonly DateTime[] _from = [DateTime.UnixEpoch, DateTime.UnixEpoch];

    public ValueTask<int> RemoveAsync(RetentionKind kind, TimeSpan age, int limit, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => RemoveSome(s, kind, age, limit), ct);

    public ValueTask<int> RemoveBatchesAsync(TimeSpan age, int limit, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => s.Run(RemoveBatches, Pg.Value(age, NpgsqlDbType.Interval), Pg.Int(limit)), ct);

    private int RemoveSome(PgSession session, RetentionKind kind, TimeSpan age, int limit)
    {
        using NpgsqlCommand remove = session.Command(
            kind == RetentionKind.Done ? RemoveDone : RemoveFailed, Pg.Value(_from[(int)kind], NpgsqlDbType.TimestampTz),
            Pg.Value(age, NpgsqlDbType.Interval), Pg.Int(limit));
        using NpgsqlDataReader row = remove.ExecuteReader();
        row.Read();
        int removed = row.GetInt32(0);
        // At the end, from the beginning again: what others held is not forgotten.
        _from[(int)kind] = removed == limit ? row.GetDateTime(1) : DateTime.UnixEpoch;
        return removed;
    }
}
