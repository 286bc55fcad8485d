using InterCluster.Storage.Sqlite.Batches;
using InterCluster.Storage.Sqlite.Webhooks;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>
/// What an operation may use while its group is applied: the writer's connection, the time, and the effects it has. Lives on the
/// writer's thread.
/// </summary>
internal sealed class WriteSession : IDisposable
{
    private static readonly Sql BeginSql = new("begin immediate");
    private static readonly Sql CommitSql = new("commit");
    private static readonly Sql RollbackSql = new("rollback");
    private static readonly Sql SavepointSql = new("savepoint operation");
    private static readonly Sql ReleaseSql = new("release operation");
    private static readonly Sql RollbackToSql = new("rollback to operation");

    private readonly SqliteSession _session;
    private readonly StoreClock _clock;

    public WriteSession(SqliteSession session, StoreClock clock)
    {
        (_session, _clock) = (session, clock);
        Functions = new FunctionTable(session);
        HasRunWebhooks = RunWebhooks.Any(session);
    }

    public FunctionTable Functions { get; }

    public FlushEffects Effects { get; } = new();

    /// <summary>False: no run has a webhook, so none that ends needs to be looked at.</summary>
    public bool HasRunWebhooks { get; set; }

    /// <summary>The group made webhook deliveries due.</summary>
    public bool DeliveriesDue { get; set; }

    /// <summary>The time of the group, by the wall clock.</summary>
    public long Now { get; private set; }

    /// <summary>The time of the group, for leases.</summary>
    public long Steady { get; private set; }

    public SqliteSession Connection => _session;

    public Statement Use(Sql sql) => _session.Use(sql);

    public FunctionRow Intern(Core.Naming.FunctionId function) => Functions.Intern(_session, function);

    public void Begin()
    {
        Effects.Clear();
        DeliveriesDue = false;
        (Now, Steady) = (_clock.Now, _clock.Steady);
        _session.Run(BeginSql);
    }

    public void Commit()
    {
        BatchCounters.Apply(_session, Effects.Changes);
        if (HasRunWebhooks)
        {
            RunWebhooks.Queue(this);
        }

        _session.Run(CommitSql);
        Functions.Committed();
    }

    /// <summary>Undoes the group. SQLite has done so itself after some failures.</summary>
    public void Rollback()
    {
        Effects.Clear();
        Functions.RollBackTo(0);
        if (_session.InTransaction)
        {
            _session.Run(RollbackSql);
        }
    }

    /// <summary>Applies one operation so that its failure undoes only itself.</summary>
    public void ApplyAlone(Action<WriteSession> apply)
    {
        (int, int, int) effects = Effects.Mark;
        int functions = Functions.Uncommitted;
        _session.Run(SavepointSql);
        try
        {
            apply(this);
        }
        catch (Exception e) when (SqliteFailure.IsOfOneOperation(e))
        {
            _session.Run(RollbackToSql);
            _session.Run(ReleaseSql);
            Effects.RollBackTo(effects);
            Functions.RollBackTo(functions);
            throw;
        }

        _session.Run(ReleaseSql);
    }

    public void Dispose() => _session.Dispose();
}
