using InterCluster.Core.Webhooks;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Webhooks;

/// <summary>Reads deliveries for people.</summary>
internal static class ReadDeliveries
{
    private const string ById = $"select {DeliveryRows.InfoColumns} from webhook_deliveries where id = $1 and project = $2";

    private const string AttemptsOf = "select number, at, took, status, error from webhook_attempts where delivery = $1 order by number";

    // A cursor whose delivery has been removed: what is older has been removed too, or nearly.
    private const string Before = "coalesce((select seq from webhook_deliveries where id = $2 and project = $1), case when $2 is null then 9223372036854775807 else 0 end)";

    private const string OfProject = $"select {DeliveryRows.InfoColumns} from webhook_deliveries where project = $1 and seq < {Before} order by seq desc limit $3";

    private const string OfState = $"""
        select {DeliveryRows.InfoColumns} from webhook_deliveries where project = $1 and state = $4 and seq < {Before} order by seq desc limit $3
        """;

    private const string OfRun = $"""
        select {DeliveryRows.InfoColumns} from webhook_deliveries
        where run_id = $5 and project = $1 and ($4 is null or state = $4) and seq < {Before} order by seq desc limit $3
        """;

    private const string Pending = "select count(*) from webhook_deliveries where state = 0";

    public static (DeliveryInfo, IReadOnlyList<DeliveryAttempt>)? Get(PgSession session, string project, Guid id)
    {
        DeliveryInfo info;
        long seq;
        using (NpgsqlCommand find = session.Command(ById, Pg.Id(id), Pg.Text(project)))
        using (NpgsqlDataReader row = find.ExecuteReader())
        {
            if (!row.Read())
            {
                return null;
            }

            (info, seq) = (DeliveryRows.Info(row), row.GetInt64(20));
        }

        return (info, Attempts(session, seq));
    }

    public static DeliveryPage List(PgSession session, DeliveryFilter filter, Guid? before, int limit)
    {
        var found = new List<DeliveryInfo>();
        using NpgsqlCommand select = Select(session, filter, before, limit + 1);
        using NpgsqlDataReader rows = select.ExecuteReader();
        while (rows.Read())
        {
            found.Add(DeliveryRows.Info(rows));
        }

        bool more = found.Count > limit;
        if (more)
        {
            found.RemoveAt(limit);
        }

        return new DeliveryPage(found, more ? found[^1].Id : null);
    }

    public static long CountPending(PgSession session)
    {
        using NpgsqlCommand count = session.Command(Pending);
        return (long)count.ExecuteScalar()!;
    }

    private static NpgsqlCommand Select(PgSession session, DeliveryFilter filter, Guid? before, int limit)
    {
        NpgsqlParameter[] page = [Pg.Text(filter.Project), before is { } id ? Pg.Id(id) : Pg.Null(NpgsqlDbType.Uuid), Pg.Int(limit)];
        return filter switch
        {
            { Run: { } run } => session.Command(OfRun, [.. page, Pg.Short((short?)filter.State), Pg.Id(run.Value)]),
            { State: { } state } => session.Command(OfState, [.. page, Pg.Short((short)state)]),
            _ => session.Command(OfProject, page),
        };
    }

    private static List<DeliveryAttempt> Attempts(PgSession session, long delivery)
    {
        using NpgsqlCommand select = session.Command(AttemptsOf, Pg.Value(delivery, NpgsqlDbType.Bigint));
        using NpgsqlDataReader rows = select.ExecuteReader();
        var attempts = new List<DeliveryAttempt>();
        while (rows.Read())
        {
            attempts.Add(new DeliveryAttempt(rows.GetInt32(0), rows.GetTime(1), rows.GetTimeSpan(2), rows.GetIntOrNull(3), rows.GetTextOrNull(4)));
        }

        return attempts;
    }
}
