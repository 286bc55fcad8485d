using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Webhooks;

/// <summary>Adds, settles, redelivers and removes deliveries.</summary>
internal static class ChangeDeliveries
{
    // Each redelivery adds to the log of one delivery; it must not grow for ever.
    private const string KeptAttempts = "100";

    private const string Insert = """
        with made as (
          insert into webhook_deliveries (id, project, app, function, run_id, run_state, run_attempt, status, error, url, authority, secret, retries,
                                          content_type, size, due_at, created_at, of_batch)
          select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, octet_length($15), now.time, now.time, $16 from (select clock() as time) as now
          on conflict (id) do nothing
          returning seq, size)
        insert into webhook_bodies (seq, body) select seq, $15 from made where size > 0
        """;

    private const string SettleRow = $"""
        with
          now as materialized (select clock() as time),
          settled as (
            update webhook_deliveries
            set state = $3, due_at = case when $3 = 0 then coalesce(now.time + $4, now.time) else due_at end, attempts = attempts + 1, tries = tries + 1,
                finished_at = case when $3 = 0 then null else now.time end, last_status = $5, last_error = $6
            from now where id = $1 and state = 0 and lease = $2
            returning seq, attempts, project, authority),
          well as (
            delete from webhook_receivers r using settled s
            where $3 = 1 and r.project = s.project and r.authority = s.authority and r.disabled_at is null),
          failing as (
            insert into webhook_receivers as r (project, authority, failures, failing_since, last_error)
            select s.project, s.authority, 1, now.time, $6 from settled s, now where $6 not in ('receiver_disabled', 'secret_unavailable')
            on conflict (project, authority) do update
              set failures = r.failures + 1, last_error = excluded.last_error,
                  disabled_at = coalesce(
                    r.disabled_at, case when r.failures + 1 >= $9 and excluded.failing_since - r.failing_since >= $10 then excluded.failing_since end)),
          logged as (insert into webhook_attempts (delivery, number, at, took, status, error) select seq, attempts, $7, $8, $5, $6 from settled),
          forgotten as (delete from webhook_attempts a using settled s where a.delivery = s.seq and a.number <= s.attempts - {KeptAttempts})
        select count(*) from settled
        """;

    private const string RedeliverRow = """
        with
          found as (select id, state from webhook_deliveries where id = $1 and project = $2 for update),
          again as (
            update webhook_deliveries d set state = 0, tries = 0, due_at = (select clock()), finished_at = null
            from found where d.id = found.id and found.state > 0)
        select state from found
        """;

    private const string PurgeRows = """
        delete from webhook_deliveries where seq in (
          select seq from webhook_deliveries where state = $1 and state > 0 and finished_at < $2 limit $3 for update skip locked)
        """;

    public static bool Add(PgSession session, NewDelivery delivery)
    {
        DeliverySubject subject = delivery.Subject;
        session.Run(
            Insert, Pg.Id(delivery.Id), Pg.Text(subject.Function.App.Project), Pg.Text(subject.Function.App.App), Pg.Text(subject.Function.Function),
            Pg.Id(subject.Run.Value), Pg.Short((short?)subject.State), Pg.IntOrNull(subject.Attempt), Pg.IntOrNull(subject.Status), Pg.Text(subject.Error),
            Pg.Text(delivery.Target.Url), Pg.Text(delivery.Target.Authority), Pg.Text(delivery.Target.Secret), Pg.Short((short)delivery.Target.Retries),
            Pg.Text(delivery.ContentType), delivery.Body is { } body ? Pg.Value(body, NpgsqlDbType.Bytea) : Pg.Null(NpgsqlDbType.Bytea),
            Pg.Value(subject.IsBatch, NpgsqlDbType.Boolean));
        session.Effects.DeliveriesDue = true;
        return true;
    }

    /// <param name="session">The connection.</param>
    /// <param name="settlement">What the sender says.</param>
    /// <param name="delay">How long from now until it is due again: the sender's clock may be wrong.</param>
    public static bool Settle(PgSession session, DeliverySettlement settlement, TimeSpan? delay)
    {
        DeliveryAttempt attempt = settlement.Attempt;
        using NpgsqlCommand settle = session.Command(
            SettleRow, Pg.Id(settlement.Id), Pg.Value(settlement.Lease, NpgsqlDbType.Bigint), Pg.Short((short)settlement.State),
            delay is { } d ? Pg.Value(d, NpgsqlDbType.Interval) : Pg.Null(NpgsqlDbType.Interval), Pg.IntOrNull(attempt.Status), Pg.Text(attempt.Error),
            Pg.Time(attempt.At), Pg.Value(attempt.Took, NpgsqlDbType.Interval), Pg.Int(settlement.Patience?.Failures ?? int.MaxValue),
            Pg.Value(settlement.Patience?.Time ?? TimeSpan.Zero, NpgsqlDbType.Interval));
        return settle.ExecuteScalar() is 1L;
    }

    public static DeliveryState? Redeliver(PgSession session, string project, Guid id)
    {
        using NpgsqlCommand redeliver = session.Command(RedeliverRow, Pg.Id(id), Pg.Text(project));
        DeliveryState? before = redeliver.ExecuteScalar() is short state ? (DeliveryState)state : null;
        session.Effects.DeliveriesDue = before > DeliveryState.Pending;
        return before;
    }

    public static bool AddOfBatch(PgSession session, NewDelivery delivery, BatchId batch)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        bool taken = session.Run("delete from batch_webhooks where batch = $1", Pg.Id(batch.Value)) == 1 && Add(session, delivery);
        transaction.Commit();
        return taken;
    }

    public static int Purge(PgSession session, DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit) =>
        session.Run(PurgeRows, Pg.Short((short)DeliveryState.Delivered), Pg.Time(deliveredBefore), Pg.Int(limit))
        + session.Run(PurgeRows, Pg.Short((short)DeliveryState.Dead), Pg.Time(deadBefore), Pg.Int(limit));
}
