using InterCluster.Replicas.Probing;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Fleet;

/// <summary>What all units share.</summary>
internal sealed record UnitServices(
    IProber Prober, StartGate Gate, ReplicasOptions Options, TimeProvider Time, ReplicaMetrics Metrics, ILogger<ReplicaUnit> Logger);
