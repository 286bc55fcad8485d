using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Postgres.Batches;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;

namespace InterCluster.Storage.Postgres.Webhooks;

/// <summary>The receivers that fail, and the batches whose end is to be told.</summary>
internal static class Receivers
{
    private const string Columns = "authority, failures, failing_since, last_error, disabled_at";

    private const string Select = $"select {Columns} from webhook_receivers where project = $1 order by authority limit $2";

    private const string Forget = $"delete from webhook_receivers where project = $1 and authority = $2 returning {Columns}";

    private const string Ended = """
        select w.batch, p.name, w.url, w.authority, w.secret, w.retries
        from batch_webhooks w join batches b on b.id = w.batch join projects p on p.id = b.project_id
          cross join lateral (select coalesce(sum(scheduled + queued + running), 0) as live from counts where batch = b.id) s
        where b.state <> 0 and b.scheduled + b.queued + b.running + s.live = 0 limit $1
        """;

    public static IReadOnlyList<ReceiverInfo> List(PgSession session, string project, int limit) =>
        Read(session.Command(Select, Pg.Text(project), Pg.Int(limit)));

    public static ReceiverInfo? Enable(PgSession session, string project, string authority) =>
        Read(session.Command(Forget, Pg.Text(project), Pg.Text(authority))).FirstOrDefault();

    public static IReadOnlyList<EndedBatch> EndedBatches(PgSession session, int limit)
    {
        var ended = new List<(BatchId Id, string Project, WebhookTarget Target)>();
        using (NpgsqlCommand select = session.Command(Ended, Pg.Int(limit)))
        using (NpgsqlDataReader row = select.ExecuteReader())
        {
            while (row.Read())
            {
                ended.Add((new BatchId(row.GetGuid(0)), row.GetString(1), new WebhookTarget
                {
                    Url = row.GetString(2), Authority = row.GetString(3), Secret = row.GetTextOrNull(4), Retries = (WebhookRetries)row.GetInt16(5),
                }));
            }
        }

        return [.. ended.Select(e => (Batch: BatchRows.Get(session, e.Project, e.Id), e.Target)).Where(e => e.Batch is not null).Select(e => new EndedBatch(e.Batch!, e.Target))];
    }

    private static List<ReceiverInfo> Read(NpgsqlCommand command)
    {
        var receivers = new List<ReceiverInfo>();
        using (command)
        {
            using NpgsqlDataReader row = command.ExecuteReader();
            while (row.Read())
            {
                receivers.Add(new ReceiverInfo(row.GetString(0), row.GetInt32(1), row.GetTime(2), row.GetString(3), row.GetTimeOrNull(4)));
            }
        }

        return receivers;
    }
}
