using InterCluster.Workers.Execution;
using MassTransit;

namespace InterCluster.Workers.Queues;

/// <summary>A function that this worker serves: its worker, its loop, and its queue on the bus.</summary>
internal sealed class FunctionQueue(FunctionWorker worker, Task loop, CancellationTokenSource stop)
{
    public FunctionWorker Worker { get; } = worker;

    /// <summary>Ends when the worker was stopped and its runs have ended.</summary>
    public Task Loop { get; } = loop;

    /// <summary>Stops the worker: no more claims.</summary>
    public CancellationTokenSource Stop { get; } = stop;

    /// <summary>The connected queue; null while it is not.</summary>
    public HostReceiveEndpointHandle? Endpoint { get; set; }

    /// <summary>Since when it is connected and yet not consumed from; null while all is well.</summary>
    public long? DownSince { get; set; }
}
