using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Options;

namespace InterCluster.Replicas.Logs;

/// <summary>The logs of all apps.</summary>
internal sealed class LogBook(IOptions<ReplicasOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<AppId, AppLog> _logs = new();
    private readonly ReplicasOptions _options = options.Value;

    public AppLog For(AppId app) => _logs.GetOrAdd(app, _ => new AppLog(_options.LogBytes, _options.EndedReplicas, time));

    public void Close(AppId app)
    {
        if (_logs.TryRemove(app, out AppLog? log))
        {
            log.Close();
        }
    }

    public async IAsyncEnumerable<LogLine> ReadAsync(AppId app, int tail, bool follow, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!_logs.TryGetValue(app, out AppLog? log))
        {
            yield break;
        }

        IReadOnlyList<LogLine> lines = log.Read(tail, follow, out Channel<LogLine>? follower);
        try
        {
            foreach (LogLine line in lines)
            {
                yield return line;
            }

            while (follower is not null && await follower.Reader.WaitToReadAsync(ct))
            {
                while (follower.Reader.TryRead(out LogLine? line))
                {
                    yield return line;
                }
            }
        }
        finally
        {
            if (follower is not null)
            {
                log.Leave(follower);
            }
        }
    }
}
