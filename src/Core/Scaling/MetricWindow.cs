namespace InterCluster.Core.Scaling;

/// <summary>Readings of one figure over the last while: of a growing count its rate, of a level its mean. Not thread-safe.</summary>
public sealed class MetricWindow(TimeSpan length)
{
    private const int MostReadings = 50;
    private static readonly TimeSpan ShortestRate = TimeSpan.FromSeconds(1);

    private readonly Queue<(DateTimeOffset At, double Value)> _readings = new();
    private (DateTimeOffset At, double Value) _last;

    /// <summary>Keeps a reading. One that follows too closely on the last is passed over, so that many decisions do not cost many readings.</summary>
    public void Add(DateTimeOffset now, double value)
    {
        if (_readings.Count > 0 && (now < _last.At || now - _last.At > length))
        {
            // A clock that was set back, or a pause: what was before says nothing of now.
            _readings.Clear();
        }

        if (_readings.Count > 0 && now - _last.At < length / MostReadings)
        {
            return;
        }

        _last = (now, value);
        _readings.Enqueue(_last);
        while (_readings.TryPeek(out (DateTimeOffset At, double Value) oldest) && now - oldest.At > length)
        {
            _readings.Dequeue();
        }
    }

    /// <summary>How much the count grows in a second; null while it is not known.</summary>
    public double? Rate()
    {
        if (!_readings.TryPeek(out (DateTimeOffset At, double Value) first) || _last.At - first.At < ShortestRate)
        {
            return null;
        }

        // A count that starts anew (another process) has no rate until the old readings are gone.
        return _last.Value < first.Value ? null : (_last.Value - first.Value) / (_last.At - first.At).TotalSeconds;
    }

    /// <summary>The mean of the level; null before the first reading.</summary>
    public double? Mean() => _readings.Count == 0 ? null : _readings.Average(r => r.Value);
}
