using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Batches;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>The receivers that fail, and the batches whose end is to be told.</summary>
internal static class Receivers
{
    private const string Columns = "authority, failures, failing_since, last_error, disabled_at";

    private static readonly Sql Select = new($"select {Columns} from webhook_receivers where project = @project order by authority limit @limit");

    private static readonly Sql Forget = new($"delete from webhook_receivers where project = @project and authority = @authority returning {Columns}");

    private static readonly Sql FindDisabled = new("""
        select 1 from webhook_receivers where project = @project and authority = @authority and disabled_at is not null
        """);

    private static readonly Sql Well = new("delete from webhook_receivers where project = @project and authority = @authority and disabled_at is null");

    private static readonly Sql Failing = new("""
        insert into webhook_receivers (project, authority, failures, failing_since, last_error) values (@project, @authority, 1, @now, @error)
        on conflict (project, authority) do update
          set failures = failures + 1, last_error = excluded.last_error,
              disabled_at = coalesce(
                disabled_at, iif(failures + 1 >= @most and excluded.failing_since - failing_since >= @patience, excluded.failing_since, null))
        """);

    private static readonly Sql Ended = new("""
        select b.seq, h.url, h.authority, h.secret, h.retries from batch_webhooks h join batches b on b.seq = h.batch
        where b.state <> 0 and b.scheduled + b.queued + b.running = 0 limit @limit
        """);

    private static readonly Sql DropWish = new("delete from batch_webhooks where batch = (select seq from batches where id = @id)");

    private static readonly Sql PutWish = new("""
        insert into batch_webhooks (batch, url, authority, secret, retries) values (@batch, @url, @authority, @secret, @retries)
        on conflict (batch) do update set url = excluded.url, authority = excluded.authority, secret = excluded.secret, retries = excluded.retries
        """);

    public static bool IsDisabled(WriteSession session, string project, string authority)
    {
        using Statement find = session.Use(FindDisabled);
        return find.Bind(project).Bind(authority).Step();
    }

    /// <summary>Notes what an attempt says of its receiver.</summary>
    public static void Settled(WriteSession session, string project, string authority, DeliverySettlement settlement)
    {
        if (settlement.Attempt.Error is not { } error)
        {
            using Statement well = session.Use(Well);
            well.Bind(project).Bind(authority).Run();
        }
        else if (error is not (DeliveryErrors.ReceiverDisabled or DeliveryErrors.SecretUnavailable))
        {
            using Statement failing = session.Use(Failing);
            failing.Bind(project).Bind(authority).Bind(session.Now).Bind(error).Bind(settlement.Patience?.Failures ?? int.MaxValue)
                .Bind(settlement.Patience is { } patience ? Micros.From(patience.Time) : 0).Run();
        }
    }

    public static IReadOnlyList<ReceiverInfo> List(SqliteSession session, string project, int limit)
    {
        using Statement rows = session.Use(Select);
        return Read(rows.Bind(project).Bind(limit));
    }

    public static ReceiverInfo? Enable(WriteSession session, string project, string authority)
    {
        using Statement forget = session.Use(Forget);
        return Read(forget.Bind(project).Bind(authority)).FirstOrDefault();
    }

    /// <summary>The end of a batch is to be told.</summary>
    public static void Wish(WriteSession session, long batch, WebhookTarget target)
    {
        using Statement put = session.Use(PutWish);
        put.Bind(batch).Bind(target.Url).Bind(target.Authority).Bind(target.Secret).Bind((long)target.Retries).Run();
    }

    public static IReadOnlyList<EndedBatch> EndedBatches(SqliteSession session, int limit)
    {
        var ended = new List<(long Seq, WebhookTarget Target)>();
        using (Statement rows = session.Use(Ended))
        {
            rows.Bind(limit);
            while (rows.Step())
            {
                ended.Add((rows.Long(0), new WebhookTarget
                {
                    Url = rows.Text(1), Authority = rows.Text(2), Secret = rows.TextOrNull(3), Retries = (WebhookRetries)rows.Int(4),
                }));
            }
        }

        return ended.ConvertAll(e => new EndedBatch(BatchRows.Get(session, e.Seq), e.Target));
    }

    public static bool AddOfBatch(WriteSession session, NewDelivery delivery, BatchId batch)
    {
        using (Statement drop = session.Use(DropWish))
        {
            if (drop.Bind(new RunId(batch.Value)).Run() == 0)
            {
                return false;
            }
        }

        return AddDelivery.Apply(session, delivery);
    }

    private static List<ReceiverInfo> Read(Statement rows)
    {
        var receivers = new List<ReceiverInfo>();
        while (rows.Step())
        {
            receivers.Add(new ReceiverInfo(rows.Text(0), rows.Int(1), Micros.ToTime(rows.Long(2)), rows.Text(3), Micros.ToTime(rows.LongOrNull(4))));
        }

        return receivers;
    }
}
