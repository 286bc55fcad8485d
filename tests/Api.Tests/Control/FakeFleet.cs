using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Api.Tests.Control;

/// <summary>A fleet whose replicas, log and drains are what the test says.</summary>
internal sealed class FakeFleet : IReplicaFleet
{
    private readonly Channel<LogLine> _new = Channel.CreateUnbounded<LogLine>();

    public ConcurrentDictionary<AppId, AppReplicas> Apps { get; } = new();

    public List<LogLine> Stored { get; } = [];

    public ConcurrentQueue<AppId> Drained { get; } = new();

    /// <summary>What a drain waits for.</summary>
    public TaskCompletionSource Drain { get; set; } = Completed();

    /// <summary>Done when a reader that followed has left.</summary>
    public TaskCompletionSource FollowerLeft { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Log(LogLine line) => _new.Writer.TryWrite(line);

    public void SetDesired(AppId app, int count)
    {
    }

    public AppReplicas? Describe(AppId app) => Apps.GetValueOrDefault(app);

    public async IAsyncEnumerable<LogLine> ReadLogsAsync(AppId app, int tail, bool follow, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (LogLine line in Stored.TakeLast(tail))
        {
            yield return line;
        }

        if (!follow)
        {
            yield break;
        }

        try
        {
            await foreach (LogLine line in _new.Reader.ReadAllAsync(ct))
            {
                yield return line;
            }
        }
        finally
        {
            // Not in a callback of the token: the reader may be through with the token before its turn comes.
            FollowerLeft.TrySetResult();
        }
    }

    public async Task DrainAsync(AppId app, CancellationToken ct)
    {
        Drained.Enqueue(app);
        await Drain.Task.WaitAsync(ct);
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
