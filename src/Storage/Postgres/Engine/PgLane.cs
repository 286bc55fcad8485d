using InterCluster.Core;
using InterCluster.Storage.GroupCommit;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>
/// A queue of calls of one kind and a few threads, each with its own connection. A thread takes all that waits and commits it as one transaction; the
/// next begins as this one ends, so a group is as large as the database is slow. Threads of their own, because a group keeps its thread busy for
/// longer than a thread of the sockets may be.
/// </summary>
internal sealed class PgLane<TWork> : IDisposable
    where TWork : PgWork
{
    private const int Attempts = 4;
    private readonly string _name;
    private readonly WorkQueue<TWork> _queue;
    private readonly PgLaneLimits _limits;
    private readonly PgConnector _connector;
    private readonly Action<PgSession, List<TWork>> _apply;
    private readonly Action<PgEffects> _committed;
    private readonly PgTelemetry _telemetry;
    private readonly Thread[] _threads;

    /// <param name="name">For its threads.</param>
    /// <param name="threads">How many groups may be under way.</param>
    /// <param name="limits">How large a group and the queue may be.</param>
    /// <param name="connector">Opens the connections.</param>
    /// <param name="apply">Applies a group in one transaction and sets the results.</param>
    /// <param name="committed">Told of each group's effects before its callers are answered.</param>
    /// <param name="telemetry">Measures.</param>
    public PgLane(
        string name, int threads, PgLaneLimits limits, PgConnector connector, Action<PgSession, List<TWork>> apply, Action<PgEffects> committed,
        PgTelemetry telemetry)
    {
        (_name, _limits, _connector, _apply, _committed, _telemetry) = (name, limits, connector, apply, committed, telemetry);
        _queue = new WorkQueue<TWork>(limits.QueueOperations, limits.QueueBytes);
        telemetry.Watch(() => _queue.Operations);
        _threads = [.. Enumerable.Range(1, threads).Select(n => new Thread(Work) { Name = $"storage {name} {n}", IsBackground = true })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Queues a call; its task ends when its change is on disk. Its token counts until it is taken up.</summary>
    public ValueTask<T> AddAsync<T>(PgWork<T> work)
    {
        if (!work.IsWanted())
        {
            return new ValueTask<T>(work.Task);
        }

        work.QueuedAt = _telemetry.Now;
        if (_queue.TryAdd((TWork)(PgWork)work))
        {
            return new ValueTask<T>(work.Task);
        }

        _telemetry.Refused();
        return ValueTask.FromException<T>(
            new StoreUnavailableException($"The store takes no more work: it is closing, or {_queue.Operations} {_name} wait for the database.", null));
    }

    /// <summary>Commits what is queued, then closes.</summary>
    public void Dispose()
    {
        _queue.Close();
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Work()
    {
        var group = new List<TWork>();
        PgSession? session = null;
        while (_queue.Take(group, _limits.GroupOperations, _limits.GroupBytes))
        {
            group.RemoveAll(work => !work.IsWanted());
            if (group.Count > 0)
            {
                Flush(group, ref session);
            }

            group.Clear();
        }

        session?.Dispose();
    }

    private void Flush(List<TWork> group, ref PgSession? session)
    {
        long start = _telemetry.Now;
        try
        {
            FailLate(group);
            session = _connector.Renew(session);
            Apply(session, group);
        }
#pragma warning disable CA1031 // Whatever it is, the callers have to be told and the thread has to go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(group, e, ref session);
            return;
        }

        _connector.Answered();
        _telemetry.Flushed(start, group.Count);
    }

    // The database was away while they waited: whoever called them has most likely gone.
    private void FailLate(List<TWork> group)
    {
        foreach (TWork late in group.FindAll(work => _telemetry.Since(work.QueuedAt) > _limits.QueueTime))
        {
            late.Fail(new StoreUnavailableException("The database did not get to it in time.", null));
            group.Remove(late);
        }
    }

    private void Apply(PgSession session, List<TWork> group)
    {
        try
        {
            ApplyTogether(session, group);
        }
        catch (Exception e) when (PostgresFailure.IsOfOneOperation(e))
        {
            ApplyEach(session, group, e);
        }
    }

    private void ApplyTogether(PgSession session, List<TWork> group)
    {
        for (int attempt = 1; ; attempt++)
        {
            session.Effects.Clear();
            try
            {
                _apply(session, group);
                break;
            }
            catch (Exception e) when (attempt < Attempts && PostgresFailure.IsTransient(e))
            {
                _telemetry.Failed();
            }
        }

        _committed(session.Effects);
        group.ForEach(work => work.Complete());
    }

    private void ApplyEach(PgSession session, List<TWork> group, Exception failure)
    {
        if (group.Count == 1)
        {
            group[0].Fail(failure);
            return;
        }

        foreach (TWork work in group)
        {
            try
            {
                ApplyTogether(session, [work]);
            }
            catch (Exception e) when (PostgresFailure.IsOfOneOperation(e))
            {
                work.Fail(e);
            }
        }
    }

    private void Fail(List<TWork> group, Exception failure, ref PgSession? session)
    {
        _telemetry.Failed();
        if (session is { IsOpen: false })
        {
            _connector.Broken();
        }

        if (!PostgresFailure.IsOfOneOperation(failure))
        {
            _connector.Report(failure);
        }

        session?.Dispose();
        session = null;
        group.ForEach(work => work.Fail(PostgresFailure.IsOfOneOperation(failure) ? failure : PostgresFailure.Unavailable(failure)));
    }
}

/// <summary>How large a lane's groups and queue may be: they bound the time of one group, and with it the wait of everybody in the next.</summary>
internal readonly record struct PgLaneLimits(int GroupOperations, long GroupBytes, long QueueOperations, long QueueBytes, TimeSpan QueueTime);
