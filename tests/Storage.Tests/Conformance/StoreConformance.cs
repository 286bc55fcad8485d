using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>
/// What every backend must do, by topic: each topic is an abstract class, and a backend is tested by deriving one class from each.
/// </summary>
public abstract class StoreConformance(StoreHarness store) : IDisposable
{
    protected StoreHarness Store { get; } = store;

    protected IRunStore Runs => Store.Runs;

    protected IBatchStore Batches => Store.Batches;

    protected IWebhookStore Webhooks => Store.Webhooks;

    protected IScheduleStore Schedules => Store.Schedules;

    protected IAppStore Apps => Store.Apps;

    protected IKeyStore Keys => Store.Keys;

    protected TestTime Time => Store.Time;

    public void Dispose()
    {
        Store.Dispose();
        GC.SuppressFinalize(this);
    }
}
