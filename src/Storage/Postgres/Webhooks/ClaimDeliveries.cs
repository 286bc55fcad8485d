using InterCluster.Core.Webhooks;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Webhooks;

/// <summary>
/// Takes due deliveries, receiver by receiver, from where the last claim of this process ended. An index that is sorted by receiver is stepped from one
/// to the next, so a receiver with a hundred thousand deliveries costs as much as one with a single delivery.
/// </summary>
internal sealed class ClaimDeliveries
{
    // One claim must not take long.
    private const int MaxReceivers = 500;

    private const string AnyDue = "select exists (select from webhook_deliveries where state = 0 and due_at <= (select clock()))";

    private const string NextDueSql = """
        select now.time, (select min(due_at) from webhook_deliveries where state = 0 and due_at > now.time) from (select clock() as time offset 0) as now
        """;

    // From the one after the last, and round to it.
    private const string Receivers = """
        with recursive
          later (project, authority) as (
            (select project, authority from webhook_deliveries where state = 0 and (project, authority) > ($1, $2) order by project, authority limit 1)
            union all
            select next.project, next.authority from later cross join lateral (
              select project, authority from webhook_deliveries d
              where d.state = 0 and (d.project, d.authority) > (later.project, later.authority) order by d.project, d.authority limit 1) next),
          earlier (project, authority) as (
            (select project, authority from webhook_deliveries where state = 0 and (project, authority) <= ($1, $2) order by project, authority limit 1)
            union all
            select next.project, next.authority from earlier cross join lateral (
              select project, authority from webhook_deliveries d
              where d.state = 0 and (d.project, d.authority) > (earlier.project, earlier.authority) and (d.project, d.authority) <= ($1, $2)
              order by d.project, d.authority limit 1) next)
        select * from (select 0 as part, * from later union all select 1, * from earlier) r limit $3
        """;

    // Locked until the commit, so that two senders never take the same; what is not taken after all is free again then.
    private const string Due = """
        select given.n::int - 1, due.seq, coalesce(due.size, 0)
        from unnest($1, $2, $3) with ordinality as given (project, authority, room, n) cross join lateral (
          select seq, size from webhook_deliveries d
          where d.state = 0 and d.project = given.project and d.authority = given.authority and d.due_at <= (select clock())
          order by d.due_at limit given.room for update skip locked) due
        order by given.n
        """;

    private const string Take = $"""
        with taken as (
          update webhook_deliveries set lease = lease + 1, due_at = (select clock()) + $2 where seq = any($1) returning {DeliveryRows.ClaimColumns}, seq)
        select {DeliveryRows.ClaimColumns}, b.body,
          exists (select from webhook_receivers r where r.project = taken.project and r.authority = taken.authority and r.disabled_at is not null)
        from taken left join webhook_bodies b on b.seq = taken.seq order by array_position($1, taken.seq)
        """;

    private readonly Lock _gate = new(); // Guards _last.
    private (string Project, string Authority) _last = ("", "");

    public WebhookClaim Apply(PgSession session, WebhookShares shares, TimeSpan lease)
    {
        lock (_gate)
        {
            using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
            bool all = true;
            IReadOnlyList<ClaimedDelivery> taken = shares.IsFull || !IsAnyDue(session) ? [] : Visit(session, shares, lease, out all);
            DateTimeOffset? next = NextDue(session, all);
            transaction.Commit();
            return new WebhookClaim(taken, next);
        }
    }

    private static bool IsAnyDue(PgSession session)
    {
        using NpgsqlCommand any = session.Command(AnyDue);
        return any.ExecuteScalar() is true;
    }

    private static DateTimeOffset? NextDue(PgSession session, bool all)
    {
        using NpgsqlCommand next = session.Command(NextDueSql);
        using NpgsqlDataReader row = next.ExecuteReader();
        row.Read();
        return all ? row.GetTimeOrNull(1) : row.GetTime(0);
    }

    private List<ClaimedDelivery> Visit(PgSession session, WebhookShares shares, TimeSpan lease, out bool all)
    {
        List<(string Project, string Authority)> receivers = ReadReceivers(session);
        ILookup<int, (long Seq, long Size)> due = ReadDue(session, receivers, shares);
        var chosen = new List<long>();
        foreach ((int index, (string project, string authority)) in receivers.Index())
        {
            if (shares.IsFull)
            {
                break;
            }

            _last = (project, authority);
            foreach ((long seq, long size) in due[index].TakeWhile(_ => shares.Room(project, authority) > 0))
            {
                chosen.Add(seq);
                shares.Take(project, authority, size);
            }
        }

        all = shares.IsFull || receivers.Count < MaxReceivers;
        return TakeThese(session, chosen, lease);
    }

    private List<(string Project, string Authority)> ReadReceivers(PgSession session)
    {
        using NpgsqlCommand select = session.Command(Receivers, Pg.Text(_last.Project), Pg.Text(_last.Authority), Pg.Int(MaxReceivers));
        using NpgsqlDataReader rows = select.ExecuteReader();
        var receivers = new List<(string, string)>();
        while (rows.Read())
        {
            receivers.Add((rows.GetString(1), rows.GetString(2)));
        }

        return receivers;
    }

    private static ILookup<int, (long, long)> ReadDue(PgSession session, List<(string Project, string Authority)> receivers, WebhookShares shares)
    {
        using NpgsqlCommand select = session.Command(
            Due,
            Pg.Array(receivers.Select(r => r.Project).ToArray(), NpgsqlDbType.Text),
            Pg.Array(receivers.Select(r => r.Authority).ToArray(), NpgsqlDbType.Text),
            Pg.Array(receivers.Select(r => shares.Room(r.Project, r.Authority)).ToArray(), NpgsqlDbType.Integer));
        using NpgsqlDataReader rows = select.ExecuteReader();
        var due = new List<(int Receiver, long Seq, long Size)>();
        while (rows.Read())
        {
            due.Add((rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2)));
        }

        return due.ToLookup(d => d.Receiver, d => (d.Seq, d.Size));
    }

    private static List<ClaimedDelivery> TakeThese(PgSession session, List<long> chosen, TimeSpan lease)
    {
        using NpgsqlCommand take = session.Command(
            Take, Pg.Array(chosen.ToArray(), NpgsqlDbType.Bigint), Pg.Value(lease, NpgsqlDbType.Interval));
        using NpgsqlDataReader rows = take.ExecuteReader();
        var taken = new List<ClaimedDelivery>();
        while (rows.Read())
        {
            taken.Add(DeliveryRows.Claimed(rows));
        }

        return taken;
    }
}
