using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>Settles, redelivers and removes deliveries.</summary>
internal static class ChangeDeliveries
{
    // Each redelivery adds to the log of one delivery; it must not grow for ever.
    private const int KeptAttempts = 100;

    private static readonly Sql SettleRow = new("""
        update webhook_deliveries
        set state = @state, leased = 0, due_at = coalesce(@due_at, due_at), attempts = attempts + 1, tries = tries + 1, finished_at = @finished_at,
            last_status = @status, last_error = @error
        where id = @id and state = 0 and lease = @lease
        returning seq, attempts, project, authority
        """);

    private static readonly Sql InsertAttempt = new("""
        insert into webhook_attempts (delivery, number, at, took, status, error) values (@delivery, @number, @at, @took, @status, @error)
        """);

    private static readonly Sql ForgetAttempts = new("delete from webhook_attempts where delivery = @delivery and number <= @number");

    private static readonly Sql FindState = new("select state from webhook_deliveries where id = @id and project = @project");

    private static readonly Sql RedeliverRow = new("""
        update webhook_deliveries set state = 0, tries = 0, due_at = @now, finished_at = null where id = @id and state > 0
        """);

    private static readonly Sql PurgeRows = new("""
        delete from webhook_deliveries where seq in (
            select seq from webhook_deliveries indexed by webhooks_finished where state = @state and state > 0 and finished_at < @before limit @limit)
        """);

    public static bool Settle(WriteSession session, DeliverySettlement settlement)
    {
        DeliveryAttempt attempt = settlement.Attempt;
        long seq;
        int number;
        string project, authority;
        using (Statement settle = session.Use(SettleRow))
        {
            bool pending = settlement.State == DeliveryState.Pending;
            settle.Bind((long)settlement.State).Bind(pending ? Micros.From(settlement.DueAt) ?? session.Now : null).Bind(pending ? null : session.Now)
                .Bind(attempt.Status).Bind(attempt.Error).Bind(new RunId(settlement.Id)).Bind(settlement.Lease);
            if (!settle.Step())
            {
                return false;
            }

            (seq, number, project, authority) = (settle.Long(0), settle.Int(1), settle.Text(2), settle.Text(3));
        }

        Receivers.Settled(session, project, authority, settlement);
        using Statement insert = session.Use(InsertAttempt);
        insert.Bind(seq).Bind(number).Bind(Micros.From(attempt.At)).Bind(Micros.From(attempt.Took)).Bind(attempt.Status).Bind(attempt.Error).Run();
        using Statement forget = session.Use(ForgetAttempts);
        forget.Bind(seq).Bind(number - KeptAttempts).Run();
        return true;
    }

    public static DeliveryState? Redeliver(WriteSession session, string project, Guid id)
    {
        DeliveryState before;
        using (Statement find = session.Use(FindState))
        {
            if (!find.Bind(new RunId(id)).Bind(project).Step())
            {
                return null;
            }

            before = (DeliveryState)find.Int(0);
        }

        using Statement redeliver = session.Use(RedeliverRow);
        session.DeliveriesDue |= redeliver.Bind(session.Now).Bind(new RunId(id)).Run() == 1;
        return before;
    }

    public static int Purge(WriteSession session, long deliveredBefore, long deadBefore, int limit) =>
        Purge(session, DeliveryState.Delivered, deliveredBefore, limit) + Purge(session, DeliveryState.Dead, deadBefore, limit);

    private static int Purge(WriteSession session, DeliveryState state, long before, int limit)
    {
        using Statement purge = session.Use(PurgeRows);
        return purge.Bind((long)state).Bind(before).Bind(limit).Run();
    }
}
