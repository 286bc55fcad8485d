using InterCluster.Core.Admission;
using InterCluster.Core.Scaling;

namespace InterCluster.Dispatcher.Scaling;

/// <summary>What the autoscaler knows of one app. Written by its loop only; the history is read by others too.</summary>
internal sealed class AppScaling(int desired, DateTimeOffset now)
{
    private const int Kept = 100;
    private readonly Queue<ScalingRecord> _history = new();
    private volatile int _desired = desired;
    private volatile bool _atMaximum;

    /// <summary>The desired count in force.</summary>
    public int Desired => _desired;

    /// <summary>False until the fleet has taken the desired count.</summary>
    public bool Applied { get; set; }

    /// <summary>See <see cref="ScalingInputs.LastBusy"/>.</summary>
    public DateTimeOffset LastBusy { get; set; } = now;

    /// <summary>When to decide again though nothing happened; null: only on a change.</summary>
    public DateTimeOffset? ReviewAt { get; set; }

    /// <summary>Measures what the policy scales by; null when that is what is there now.</summary>
    public AppMeter? Meter { get; set; }

    /// <summary>The admission whose waiting calls are listened to.</summary>
    public IAdmission? Admission { get; set; }

    /// <summary>True while no waiting call can bring about more replicas.</summary>
    public bool AtMaximum
    {
        get => _atMaximum;
        set => _atMaximum = value;
    }

    /// <summary>The kept decisions, newest first.</summary>
    public IReadOnlyList<ScalingRecord> Recent()
    {
        lock (_history)
        {
            return [.. _history.Reverse()];
        }
    }

    /// <summary>Keeps a decision that changed the count.</summary>
    public void Change(ScalingRecord record)
    {
        _desired = record.Decision.Desired;
        lock (_history)
        {
            if (_history.Count == Kept)
            {
                _history.Dequeue();
            }

            _history.Enqueue(record);
        }
    }
}
