using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Replicas.Processes;

/// <summary>Reads the output of all replicas, every now and then.</summary>
internal sealed partial class OutputPump : IDisposable
{
    private readonly ConcurrentDictionary<ReplicaOutput, bool> _outputs = new();
    private readonly ILogger<OutputPump> _logger;
    private readonly PeriodicTimer _timer;

    public OutputPump(IOptions<ReplicasOptions> options, TimeProvider time, ILogger<OutputPump> logger)
    {
        _logger = logger;
        _timer = new PeriodicTimer(options.Value.LogPeriod, time);
        _ = RunAsync();
    }

    public void Add(ReplicaOutput output) => _outputs[output] = true;

    public void Remove(ReplicaOutput output) => _outputs.TryRemove(output, out _);

    public void Dispose() => _timer.Dispose();

    internal void RunOnce()
    {
        foreach (ReplicaOutput output in _outputs.Keys)
        {
            try
            {
                output.Read();
            }
            catch (IOException error)
            {
                LogUnreadable(error);
            }
        }
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            RunOnce();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The output of a replica cannot be read")]
    private partial void LogUnreadable(Exception error);
}
