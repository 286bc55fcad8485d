using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

internal static class AddDelivery
{
    private static readonly Sql InsertRow = new("""
        insert into webhook_deliveries (id, project, app, function, run_id, run_state, run_attempt, status, error,
                                        url, authority, secret, retries, content_type, size, due_at, created_at, of_batch)
        values (@id, @project, @app, @function, @run, @run_state, @run_attempt, @status, @error,
                @url, @authority, @secret, @retries, @content_type, @size, @due_at, @created_at, @of_batch)
        """);

    private static readonly Sql InsertBody = new("insert into webhook_bodies (seq, body) values (@delivery, @body)");

    public static bool Apply(WriteSession session, NewDelivery delivery)
    {
        long seq = Insert(session, delivery.Id, delivery.Subject, delivery.Target, delivery.ContentType, delivery.Body?.Length);
        if (delivery.Body is { IsEmpty: false } body)
        {
            using Statement insert = session.Use(InsertBody);
            insert.Bind(seq).Bind(body.Span).Run();
        }

        return true;
    }

    /// <summary>The number of the new row.</summary>
    public static long Insert(WriteSession session, Guid id, DeliverySubject subject, WebhookTarget target, string? contentType, long? size)
    {
        using Statement insert = session.Use(InsertRow);
        insert.Bind(new RunId(id)).Bind(subject.Function.App.Project).Bind(subject.Function.App.App).Bind(subject.Function.Function).Bind(subject.Run)
            .Bind((long?)subject.State).Bind(subject.Attempt).Bind(subject.Status).Bind(subject.Error)
            .Bind(target.Url).Bind(target.Authority).Bind(target.Secret).Bind((long)target.Retries).Bind(contentType).Bind(size)
            .Bind(session.Now).Bind(session.Now).Bind(subject.IsBatch ? 1 : 0).Run();
        session.DeliveriesDue = true;
        return session.Connection.LastRowId;
    }
}
