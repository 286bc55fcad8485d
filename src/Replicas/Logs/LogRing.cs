using System.Text;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Logs;

/// <summary>The last lines of one replica, bounded in bytes. Used under the lock of its <see cref="AppLog"/>.</summary>
internal sealed class LogRing(int maxBytes)
{
    // What a line costs beside its text, so that many empty lines are bounded too.
    private const int Overhead = 64;

    private readonly Queue<(long Sequence, LogLine Line)> _lines = new();
    private long _bytes;

    public IEnumerable<(long Sequence, LogLine Line)> Lines => _lines;

    public void Add(long sequence, LogLine line)
    {
        _lines.Enqueue((sequence, line));
        _bytes += Cost(line);
        while (_bytes > maxBytes && _lines.Count > 1)
        {
            _bytes -= Cost(_lines.Dequeue().Line);
        }
    }

    private static int Cost(LogLine line) => Overhead + Encoding.UTF8.GetByteCount(line.Text);
}
