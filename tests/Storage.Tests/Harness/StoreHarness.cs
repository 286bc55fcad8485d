using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>The three stores of one backend, empty at first, on a clock that the test drives. The conformance suite runs on it.</summary>
public abstract class StoreHarness : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public TestTime Time { get; } = new(Start);

    public abstract IRunStore Runs { get; }

    public abstract IBatchStore Batches { get; }

    public abstract IWebhookStore Webhooks { get; }

    public abstract IScheduleStore Schedules { get; }

    public abstract IAppStore Apps { get; }

    public abstract IKeyStore Keys { get; }

    /// <summary>True when the process that closes the store was the only one that could hold leases.</summary>
    public virtual bool RestartEndsLeases => true;

    /// <summary>True when runs of the same instant are in the order of their arrival; else they are in that of their ids.</summary>
    public virtual bool ArrivalIsKept => true;

    public abstract T Get<T>()
        where T : notnull;

    public abstract void Dispose();
}
