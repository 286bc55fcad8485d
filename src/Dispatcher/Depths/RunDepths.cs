using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Dispatcher.Depths;

/// <summary>The runs of one app that are not terminal.</summary>
/// <param name="Scheduled">Waiting for their time.</param>
/// <param name="Queued">Ready.</param>
/// <param name="Running">Claimed.</param>
internal readonly record struct AppDepth(long Scheduled, long Queued, long Running);

/// <summary>One reading of the queues' depths.</summary>
/// <param name="ReadAt">Its timestamp; null before the first.</param>
/// <param name="Functions">Per function.</param>
/// <param name="Apps">Per app.</param>
internal sealed record DepthReading(long? ReadAt, IReadOnlyList<FunctionDepth> Functions, IReadOnlyDictionary<AppId, AppDepth> Apps)
{
    public static readonly DepthReading None = new(null, [], new Dictionary<AppId, AppDepth>());

    // Most apps limit none of their functions, and nobody asks.
    private readonly Lazy<ILookup<AppId, FunctionDepth>> _byApp = new(() => Functions.ToLookup(f => f.Function.App));

    /// <summary>Those of one app.</summary>
    public IEnumerable<FunctionDepth> FunctionsOf(AppId app) => _byApp.Value[app];
}

/// <summary>The last reading of the depths: one read of the store serves the sweep, the autoscaler and the metrics.</summary>
internal sealed class RunDepths(IRunStore store, TimeProvider time)
{
    private volatile DepthReading _current = DepthReading.None;

    /// <summary>The last reading.</summary>
    public DepthReading Current => _current;

    /// <summary>Raised when the depths were read for all who follow them.</summary>
    public event Action? Observed;

    /// <summary>Reads anew, and tells those who follow.</summary>
    public async ValueTask<DepthReading> ObserveAsync(CancellationToken ct)
    {
        DepthReading reading = await ReadAsync(ct);
        Observed?.Invoke();
        return reading;
    }

    /// <summary>Reads anew.</summary>
    public async ValueTask<DepthReading> ReadAsync(CancellationToken ct)
    {
        long now = time.GetTimestamp();
        IReadOnlyList<FunctionDepth> functions = await store.DepthsAsync(ct);
        return _current = new DepthReading(now, functions, ByApp(functions));
    }

    /// <summary>How old the last reading is; null before the first.</summary>
    public TimeSpan? Age() => _current.ReadAt is { } at ? time.GetElapsedTime(at) : null;

    private static Dictionary<AppId, AppDepth> ByApp(IReadOnlyList<FunctionDepth> functions)
    {
        var apps = new Dictionary<AppId, AppDepth>();
        foreach (FunctionDepth f in functions)
        {
            AppDepth sum = apps.GetValueOrDefault(f.Function.App);
            apps[f.Function.App] = new AppDepth(sum.Scheduled + f.Scheduled, sum.Queued + f.Queued, sum.Running + f.Running);
        }

        return apps;
    }
}
