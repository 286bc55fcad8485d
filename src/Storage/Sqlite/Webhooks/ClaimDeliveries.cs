using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>
/// Takes due deliveries, receiver by receiver, from where the last claim ended. An index that is sorted by receiver is stepped from one to the next, so a
/// receiver with a hundred thousand deliveries costs as much as one with a single delivery.
/// </summary>
internal sealed class ClaimDeliveries
{
    // One claim must not hold up everybody's commits.
    private const int MaxReceivers = 500;

    private static readonly Sql AnyDue = new("select 1 from webhook_deliveries indexed by webhooks_due where state = 0 and due_at <= @now limit 1");

    private static readonly Sql NextDue = new("select min(due_at) from webhook_deliveries indexed by webhooks_due where state = 0 and due_at > @now");

    private static readonly Sql NextReceiver = new("""
        select project, authority from webhook_deliveries indexed by webhooks_by_receiver
        where state = 0 and (project, authority) > (@project, @authority) order by project, authority limit 1
        """);

    private static readonly Sql SelectDue = new("""
        select seq, size from webhook_deliveries indexed by webhooks_by_receiver
        where state = 0 and project = @project and authority = @authority and due_at <= @now order by due_at limit @limit
        """);

    private static readonly Sql Take = new($"""
        update webhook_deliveries set lease = lease + 1, leased = 1, due_at = @until where seq = @seq returning {DeliveryRows.ClaimColumns}
        """);

    private (string Project, string Authority) _last = ("", ""); // The writer thread's own: where the next claim goes on.

    /// <summary>The deliveries without their bodies, each with the number of its row.</summary>
    public (List<(long Seq, ClaimedDelivery Delivery)> Taken, long? NextDue) Apply(WriteSession session, WebhookShares shares, TimeSpan lease)
    {
        var taken = new List<(long, ClaimedDelivery)>();
        bool all = shares.IsFull || !IsAnyDue(session) || Visit(session, shares, session.Now + Micros.From(lease), taken);
        return (taken, all ? FindNextDue(session) : session.Now);
    }

    private static bool IsAnyDue(WriteSession session)
    {
        using Statement any = session.Use(AnyDue);
        return any.Bind(session.Now).Step();
    }

    // True: every receiver had its turn, or there is no more room.
    private bool Visit(WriteSession session, WebhookShares shares, long until, List<(long, ClaimedDelivery)> taken)
    {
        (string Project, string Authority) first = _last;
        bool wrapped = false;
        for (int visited = 0; visited < MaxReceivers; visited++)
        {
            if (shares.IsFull)
            {
                return true;
            }

            if (Next(session, _last) is not { } next)
            {
                if (wrapped)
                {
                    return true;
                }

                (_last, wrapped) = (("", ""), true);
                continue;
            }

            if (wrapped && Compare(next, first) > 0)
            {
                return true;
            }

            _last = next;
            TakeDue(session, shares, next, until, taken);
        }

        return false;
    }

    private static int Compare((string Project, string Authority) a, (string Project, string Authority) b)
    {
        int project = string.CompareOrdinal(a.Project, b.Project);
        return project != 0 ? project : string.CompareOrdinal(a.Authority, b.Authority);
    }

    private static (string, string)? Next(WriteSession session, (string Project, string Authority) after)
    {
        using Statement next = session.Use(NextReceiver);
        return next.Bind(after.Project).Bind(after.Authority).Step() ? (next.Text(0), next.Text(1)) : null;
    }

    private static void TakeDue(
        WriteSession session, WebhookShares shares, (string Project, string Authority) receiver, long until, List<(long, ClaimedDelivery)> taken)
    {
        int room = shares.Room(receiver.Project, receiver.Authority);
        if (room == 0)
        {
            return;
        }

        bool disabled = Receivers.IsDisabled(session, receiver.Project, receiver.Authority);
        foreach ((long seq, long size) in Due(session, receiver, room))
        {
            if (shares.Room(receiver.Project, receiver.Authority) == 0)
            {
                return;
            }

            using Statement take = session.Use(Take);
            take.Bind(until).Bind(seq).Step();
            taken.Add((seq, DeliveryRows.Claimed(take) with { IsReceiverDisabled = disabled }));
            shares.Take(receiver.Project, receiver.Authority, size);
        }
    }

    private static List<(long Seq, long Size)> Due(WriteSession session, (string Project, string Authority) receiver, int limit)
    {
        var due = new List<(long, long)>();
        using Statement rows = session.Use(SelectDue);
        rows.Bind(receiver.Project).Bind(receiver.Authority).Bind(session.Now).Bind(limit);
        while (rows.Step())
        {
            due.Add((rows.Long(0), rows.LongOrNull(1) ?? 0));
        }

        return due;
    }

    private static long? FindNextDue(WriteSession session)
    {
        using Statement next = session.Use(NextDue);
        next.Bind(session.Now).Step();
        return next.LongOrNull(0);
    }
}
