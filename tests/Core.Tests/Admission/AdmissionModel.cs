using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Tests.Admission;

/// <summary>
/// What admission must do, said in the plainest way: lists, walked from the start each time. It foretells the outcome of every call; only which
/// replica is chosen is left open.
/// </summary>
internal sealed class AdmissionModel(AdmissionPolicy policy)
{
    private const int Whole = 1_000_000;

    private int _batchCredit;
    private bool _ready;
    private TimeSpan _readyChanged;

    public AdmissionPolicy Policy { get; set; } = policy;

    public TimeSpan Now { get; set; }

    public bool Closed { get; set; }

    public bool Unavailable { get; set; }

    public List<ModelReplica> Replicas { get; } = [];

    public List<ModelCall> Waiting { get; } = [];

    private bool Ready => Replicas.Exists(r => r.Accepting);

    private int Room => Replicas.Where(r => r.Accepting).Sum(r => Math.Max(0, r.Limit - r.InFlight));

    private Refusal Verdict => _ready ? Refusal.QueueTimeout : Refusal.ColdStartTimeout;

    public AdmissionDemand Demand => new(
        Replicas.Sum(r => r.InFlight),
        Waiting.Count(c => c.Class == CallClass.Sync),
        Waiting.Count(c => c.Class == CallClass.Batch),
        Waiting.Sum(c => c.Bytes),
        Replicas.Count(r => r.Accepting),
        Replicas.Where(r => r.Accepting).Sum(r => r.Limit));

    /// <summary>A call comes; its outcome is set unless it waits.</summary>
    public void Admit(ModelCall call)
    {
        call.Since = Now;
        call.Outcome = OutcomeAtOnce(call);
        if (call.Outcome is null)
        {
            Waiting.Add(call);
        }
    }

    public void Cancel(ModelCall call)
    {
        if (Waiting.Remove(call))
        {
            call.Outcome = Refusal.Cancelled;
        }
    }

    /// <summary>What follows from any change: refusals, grants, timeouts. Returns how many calls were granted.</summary>
    public int Follow()
    {
        if (Ready != _ready)
        {
            (_ready, _readyChanged) = (Ready, Now);
        }

        if (Closed || (Unavailable && !_ready))
        {
            End(Waiting, Closed ? Refusal.Draining : Refusal.NoReplica);
        }

        int granted = 0;
        for (int room = Room; room > granted && Waiting.Count > 0; granted++)
        {
            End([Next()], Refusal.None);
        }

        End(Waiting.Where(c => Deadline(c) <= Now), Verdict);
        return granted;
    }

    private Refusal? OutcomeAtOnce(ModelCall call)
    {
        TimeSpan timeout = _ready ? Policy.QueueTimeout : Policy.ColdStartTimeout;
        return Closed ? Refusal.Draining
            : Waiting.Count == 0 && Room > 0 ? Refusal.None
            : Unavailable && !_ready ? Refusal.NoReplica
            : timeout <= TimeSpan.Zero ? Verdict
            : !Fits(call) ? Refusal.QueueFull
            : null;
    }

    private bool Fits(ModelCall call)
    {
        List<ModelCall> alike = Waiting.FindAll(c => c.Class == call.Class);
        return alike.Count < Policy.QueueMaxLength && alike.Sum(c => c.Bytes) + call.Bytes <= Policy.QueueMaxBytes;
    }

    private ModelCall Next()
    {
        ModelCall? sync = Waiting.Find(c => c.Class == CallClass.Sync);
        ModelCall? batch = Waiting.Find(c => c.Class == CallClass.Batch);
        if (sync is null || batch is null)
        {
            return (sync ?? batch)!;
        }

        _batchCredit += (int)(Policy.BatchShare * Whole);
        bool batchNext = _batchCredit >= Whole;
        _batchCredit -= batchNext ? Whole : 0;
        return batchNext ? batch : sync;
    }

    private TimeSpan Deadline(ModelCall call)
    {
        TimeSpan from = call.Since > _readyChanged ? call.Since : _readyChanged;
        TimeSpan deadline = from + (_ready ? Policy.QueueTimeout : Policy.ColdStartTimeout);
        TimeSpan last = call.Since + Policy.QueueTimeout + Policy.ColdStartTimeout;
        return deadline < last ? deadline : last;
    }

    private void End(IEnumerable<ModelCall> calls, Refusal outcome)
    {
        foreach (ModelCall call in calls.ToList())
        {
            Waiting.Remove(call);
            call.Outcome = outcome;
        }
    }
}

internal sealed class ModelCall(CallClass callClass, long bytes)
{
    public CallClass Class => callClass;

    public long Bytes => bytes;

    public TimeSpan Since { get; set; }

    /// <summary>Null while it waits.</summary>
    public Refusal? Outcome { get; set; }
}

internal sealed class ModelReplica(ReplicaId id, int limit)
{
    public ReplicaId Id => id;

    public int Limit => limit;

    public bool Suspended { get; set; }

    public Task? Drained { get; set; }

    public bool Accepting => !Suspended && Drained is null;

    /// <summary>Counted by those who hold its slots, as the replica itself would count them.</summary>
    public int InFlight { get; set; }

}
