using System.Collections.Concurrent;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Where each lane of a function's queue begins, as far as is known.</summary>
internal readonly record struct ReadyPosition(DateTime High, DateTime Normal, DateTime Low)
{
    public static readonly ReadyPosition Start = new(DateTime.UnixEpoch, DateTime.UnixEpoch, DateTime.UnixEpoch);
}

/// <summary>
/// Remembers up to where this process has claimed a function's queue, so that a claim does not go through the dead index entries of all runs before
/// (a million of them until the next vacuum). Only a hint: it is stepped back by more than a commit takes, forgotten every few seconds, and never used to
/// say that nothing is left.
/// </summary>
internal sealed class ReadyPositions(TimeProvider time)
{
    private static readonly TimeSpan StepBack = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<int, (ReadyPosition Position, long Since)> _known = [];

    public ReadyPosition Of(int function) =>
        _known.TryGetValue(function, out (ReadyPosition Position, long Since) known) && time.GetElapsedTime(known.Since) < Lifetime
            ? known.Position : ReadyPosition.Start;

    /// <param name="function">The function.</param>
    /// <param name="claimed">Lane and time of each claimed run.</param>
    /// <param name="all">True when nothing was left.</param>
    public void Claimed(int function, IEnumerable<(int Priority, DateTimeOffset ReadyAt)> claimed, bool all)
    {
        if (all)
        {
            _known.TryRemove(function, out _);
            return;
        }

        (ReadyPosition p, long since) = _known.GetValueOrDefault(function, (ReadyPosition.Start, time.GetTimestamp()));
        if (time.GetElapsedTime(since) >= Lifetime)
        {
            (p, since) = (ReadyPosition.Start, time.GetTimestamp());
        }

        foreach ((int priority, DateTimeOffset readyAt) in claimed)
        {
            DateTime from = readyAt.UtcDateTime - StepBack;
            p = priority switch
            {
                0 => p with { High = Later(p.High, from) },
                1 => p with { Normal = Later(p.Normal, from) },
                _ => p with { Low = Later(p.Low, from) },
            };
        }

        _known[function] = (p, since);
    }

    private static DateTime Later(DateTime a, DateTime b) => a > b ? a : b;
}
