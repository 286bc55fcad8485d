using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>
/// Makes the deliveries of runs that became terminal, in the transaction that made them so: the writer asks for it before every commit, so there is no
/// way to end a run that forgets them.
/// </summary>
internal static class RunWebhooks
{
    private static readonly Sql Insert = new("""
        insert into run_webhooks (run_id, url, authority, secret, retries) values (@run, @url, @authority, @secret, @retries)
        """);

    private static readonly Sql FindAny = new("select 1 from run_webhooks where run_id > x'' limit 1");

    // A run that was replayed within the same transaction has not been terminal for anybody.
    private static readonly Sql Find = new("""
        select p.name, f.app, f.name, r.state, r.attempt, r.status, r.error, w.url, w.authority, w.secret, w.retries, a.headers, length(a.body), r.seq
        from run_webhooks w
        join runs r on r.id = w.run_id
        join projects p on p.id = r.project_id
        join functions f on f.id = r.function_id
        left join responses a on a.seq = r.seq
        where w.run_id = @run and r.state > 2
        """);

    private static readonly Sql CopyBody = new("insert into webhook_bodies (seq, body) select @delivery, body from responses where seq = @run");

    /// <summary>False: no run has a webhook, and none needs to be looked for.</summary>
    public static bool Any(SqliteSession session)
    {
        using Statement row = session.Use(FindAny);
        return row.Step();
    }

    public static void Add(WriteSession session, RunId run, WebhookTarget target)
    {
        using Statement insert = session.Use(Insert);
        insert.Bind(run).Bind(target.Url).Bind(target.Authority).Bind(target.Secret).Bind((long)target.Retries).Run();
        session.HasRunWebhooks = true;
    }

    public static void Queue(WriteSession session)
    {
        foreach (RunId run in session.Effects.Finished.Distinct())
        {
            Queue(session, run);
        }
    }

    private static void Queue(WriteSession session, RunId run)
    {
        using Statement row = session.Use(Find);
        if (!row.Bind(run).Step())
        {
            return;
        }

        bool answered = !row.IsNull(11);
        var subject = new DeliverySubject(
            new FunctionId(new AppId(row.Text(0), row.Text(1)), row.Text(2)), run, (RunState)row.Int(3), row.Int(4), row.IntOrNull(5), row.TextOrNull(6));
        var target = new WebhookTarget { Url = row.Text(7), Authority = row.Text(8), Secret = row.TextOrNull(9), Retries = (WebhookRetries)row.Int(10) };
        string? contentType = answered ? ContentType(HeaderCodec.Decode(row.Span(11))) : null;
        long delivery = AddDelivery.Insert(
            session, Guid.CreateVersion7(Micros.ToTime(session.Now)), subject, target, contentType, answered ? row.Long(12) : 0);
        if (answered)
        {
            using Statement copy = session.Use(CopyBody);
            copy.Bind(delivery).Bind(row.Long(13)).Run();
        }
    }

    private static string? ContentType(IReadOnlyList<StoredHeader> headers) =>
        headers.FirstOrDefault(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value;
}
