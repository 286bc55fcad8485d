using InterCluster.Core.Runs;

namespace InterCluster.Storage.Tests.Model;

/// <summary>A run of the model: what the store must show of it, and what it must remember.</summary>
internal sealed class ModelRun(IComparable order, RunInfo info)
{
    /// <summary>Its place among runs of the same instant.</summary>
    public IComparable Order { get; } = order;

    public RunInfo Info { get; set; } = info;

    public DateTimeOffset ReadyAt { get; set; }

    public DateTimeOffset LeaseUntil { get; set; }

    public int? Answer { get; set; }

    public RunState State => Info.State;
}
