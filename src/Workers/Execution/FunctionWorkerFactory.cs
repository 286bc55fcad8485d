using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Workers.Leases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers.Execution;

/// <summary>Makes the worker of a function.</summary>
internal sealed class FunctionWorkerFactory(
    IRunStore store, RunExecutor executor, HeldRuns held, AppCapacity capacity, WorkerMetrics metrics, TimeProvider time, IOptions<WorkerOptions> options,
    ILogger<FunctionWorker> logger)
{
    public FunctionWorker Create(FunctionId function) => new(function, store, executor, held, capacity, metrics, time, options, logger);
}
