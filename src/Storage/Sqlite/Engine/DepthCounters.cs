using InterCluster.Core.Runs;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>A function and its depth.</summary>
internal readonly record struct FunctionCount(FunctionRow Row, FunctionDepth Depth);

/// <summary>
/// How many runs of each function are not terminal: counted once from the indexes, then kept by the one writer with every commit, since
/// counting rows takes as long as the queue is deep.
/// </summary>
internal sealed class DepthCounters
{
    private static readonly Sql Count = new("""
        select count(*) from runs indexed by runs_by_function where function_id = @function and state = @state
        """);

    private readonly Lock _gate = new(); // Guards _counts.
    private readonly Dictionary<int, (FunctionRow Row, long[] Live)> _counts = [];

    public void Load(SqliteSession session, FunctionTable functions)
    {
        lock (_gate)
        {
            _counts.Clear();
            foreach (FunctionRow row in functions.All)
            {
                _counts.Add(row.Id, (row, [.. Enumerable.Range(0, 3).Select(state => CountRows(session, row.Id, state))]));
            }
        }
    }

    public void Apply(IReadOnlyList<StateChange> changes, FunctionTable functions)
    {
        lock (_gate)
        {
            foreach (StateChange change in changes)
            {
                Add(functions, change.FunctionId, change.From, -1);
                Add(functions, change.FunctionId, change.To, 1);
            }
        }
    }

    /// <summary>The functions with any run that is not terminal.</summary>
    public List<FunctionCount> Read()
    {
        lock (_gate)
        {
            return [.. _counts.Values
                .Where(c => c.Live[0] + c.Live[1] + c.Live[2] > 0)
                .Select(c => new FunctionCount(c.Row, new FunctionDepth(c.Row.Function, c.Live[0], c.Live[1], c.Live[2])))];
        }
    }

    private void Add(FunctionTable functions, int functionId, RunState? state, long change)
    {
        if (state is null or > RunState.Running)
        {
            return;
        }

        if (!_counts.TryGetValue(functionId, out (FunctionRow Row, long[] Live) count))
        {
            count = (functions[functionId], new long[3]);
            _counts.Add(functionId, count);
        }

        count.Live[(int)state] += change;
    }

    private static long CountRows(SqliteSession session, int functionId, int state)
    {
        using Statement statement = session.Use(Count);
        statement.Bind(functionId).Bind(state).Step();
        return statement.Long(0);
    }
}
