using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>Reads deliveries for people, and bodies for the sender.</summary>
internal static class ReadDeliveries
{
    private static readonly Sql ById = new($"select {DeliveryRows.InfoColumns}, seq from webhook_deliveries where id = @id and project = @project");

    private static readonly Sql Attempts = new("select number, at, took, status, error from webhook_attempts where delivery = @delivery order by number");

    private static readonly Sql FindSeq = new("select seq from webhook_deliveries where id = @id and project = @project");

    private static readonly Sql OfProject = new($"""
        select {DeliveryRows.InfoColumns} from webhook_deliveries indexed by webhooks_by_project
        where project = @project and seq < @before order by seq desc limit @limit
        """);

    private static readonly Sql OfState = new($"""
        select {DeliveryRows.InfoColumns} from webhook_deliveries indexed by webhooks_by_state
        where project = @project and state = @state and seq < @before order by seq desc limit @limit
        """);

    private static readonly Sql OfRun = new($"""
        select {DeliveryRows.InfoColumns} from webhook_deliveries indexed by webhooks_by_run
        where run_id = @run and project = @project and (@state is null or state = @state) and seq < @before order by seq desc limit @limit
        """);

    private static readonly Sql Body = new("select body from webhook_bodies where seq = @seq");

    private static readonly Sql CountRows = new("select count(*) from webhook_deliveries indexed by webhooks_due where state = 0");

    public static (DeliveryInfo, IReadOnlyList<DeliveryAttempt>)? Get(SqliteSession session, string project, Guid id)
    {
        using Statement row = session.Use(ById);
        return row.Bind(new RunId(id)).Bind(project).Step() ? (DeliveryRows.Info(row), AttemptsOf(session, row.Long(21))) : null;
    }

    public static DeliveryPage List(SqliteSession session, DeliveryFilter filter, Guid? before, int limit)
    {
        var found = new List<DeliveryInfo>();
        long last = before is { } id ? SeqOf(session, filter.Project, id) : long.MaxValue;
        using Statement rows = Select(session, filter, last, limit + 1);
        while (rows.Step())
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

    public static List<ClaimedDelivery> WithBodies(SqliteSession session, List<(long Seq, ClaimedDelivery Delivery)> taken) =>
        [.. taken.Select(t => t.Delivery.Body is null ? t.Delivery : t.Delivery with { Body = BodyOf(session, t.Seq) })];

    public static long CountPending(SqliteSession session)
    {
        using Statement row = session.Use(CountRows);
        row.Step();
        return row.Long(0);
    }

    private static Statement Select(SqliteSession session, DeliveryFilter filter, long last, int limit) => filter switch
    {
        { Run: { } run } => session.Use(OfRun).Bind(run).Bind(filter.Project).Bind((long?)filter.State).Bind(last).Bind(limit),
        { State: { } state } => session.Use(OfState).Bind(filter.Project).Bind((long)state).Bind(last).Bind(limit),
        _ => session.Use(OfProject).Bind(filter.Project).Bind(last).Bind(limit),
    };

    // A cursor whose delivery has been removed: what is older has been removed too, or nearly.
    private static long SeqOf(SqliteSession session, string project, Guid id)
    {
        using Statement find = session.Use(FindSeq);
        return find.Bind(new RunId(id)).Bind(project).Step() ? find.Long(0) : 0;
    }

    private static List<DeliveryAttempt> AttemptsOf(SqliteSession session, long delivery)
    {
        var attempts = new List<DeliveryAttempt>();
        using Statement rows = session.Use(Attempts);
        rows.Bind(delivery);
        while (rows.Step())
        {
            attempts.Add(new DeliveryAttempt(rows.Int(0), Micros.ToTime(rows.Long(1)), Micros.ToSpan(rows.Long(2)), rows.IntOrNull(3), rows.TextOrNull(4)));
        }

        return attempts;
    }

    private static ReadOnlyMemory<byte> BodyOf(SqliteSession session, long seq)
    {
        using Statement row = session.Use(Body);
        return row.Bind(seq).Step() ? row.Bytes(0) : ReadOnlyMemory<byte>.Empty;
    }
}
