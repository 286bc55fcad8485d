using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Admission;

/// <summary>
/// Admission for one app: its replicas' slots and its one central queue. The only place where a slot is given out.
/// All members are thread-safe and none blocks.
/// </summary>
public interface IAdmission
{
    /// <summary>The app.</summary>
    AppId App { get; }

    /// <summary>
    /// Takes a slot, or waits for one. Completes synchronously, without allocating, when a slot is free and nobody waits before.
    /// A cancelled waiter leaves the queue at once (<see cref="Refusal.Cancelled"/>); this never throws.
    /// </summary>
    ValueTask<AdmissionResult> AdmitAsync(in CallRequest call, CancellationToken ct);

    /// <summary>What is in flight and waiting, counted from the live entries.</summary>
    AdmissionDemand Demand { get; }

    /// <summary>How many calls have come in since the admission was made, refused ones included.</summary>
    long Calls { get; }

    /// <summary>What each replica has in flight, at one instant: a copy, for decisions and displays off the call path.</summary>
    IReadOnlyList<ReplicaLoad> Loads { get; }

    /// <summary>Raised, outside any lock, when a call starts to wait: the wake signal. Handlers must not block and not throw.</summary>
    event Action<IAdmission>? Waiting;

    /// <summary>Puts a replica's slots in: waiting calls are granted at once. The same replica twice is an error.</summary>
    void Add(Replica replica);

    /// <summary>The replica gets no new calls until <see cref="Resume"/>; it keeps those in flight.</summary>
    void Suspend(ReplicaId replica);

    /// <summary>Undoes <see cref="Suspend"/>.</summary>
    void Resume(ReplicaId replica);

    /// <summary>The replica gets no new calls any more. Completes when its last call has ended; then it is gone from here.</summary>
    Task DrainAsync(ReplicaId replica);

    /// <summary>The replica is dead: gone at once. Slots that are still held release harmlessly.</summary>
    void Remove(ReplicaId replica);

    /// <summary>
    /// While a revision is rolled out, this share (0 to 1) of the calls goes to its replicas and the rest to the others; null ends that. A call for whose
    /// side there is no free slot takes one of the other side: nobody waits while a slot is free.
    /// </summary>
    void Split(int? revision, double share);

    /// <summary>Puts new limits in force, for waiting calls too. A lowered limit blocks new calls and cuts none.</summary>
    void Configure(AdmissionPolicy policy);

    /// <summary>While set, a call that finds no ready replica is refused with <see cref="Refusal.NoReplica"/>, and so are those that wait. Null clears it.</summary>
    void SetUnavailable(string? reason);

    /// <summary>The reason that <see cref="SetUnavailable"/> set; null when none is in force.</summary>
    string? Unavailable { get; }

    /// <summary>This gateway is the app's home now. Admissions of a store with several gateways begin without.</summary>
    void Enter();

    /// <summary>This gateway is not the app's home: new calls and those that wait get <see cref="Refusal.Moved"/>. In-flight calls go on.</summary>
    void Leave();

    /// <summary>So many slots of the replicas at these addresses are held by calls that came in before this gateway was the home; all others: none.</summary>
    void HoldBack(IReadOnlyDictionary<string, int> byAddress);

    /// <summary>The gateway's lease is held again: those that wait are granted what is free.</summary>
    void Reconsider();

    /// <summary>Refuses new calls and those that wait with <see cref="Refusal.Draining"/>, for ever. In-flight calls go on.</summary>
    void Close();
}

/// <summary>The limits of an app's queue and how a replica is chosen.</summary>
public sealed record AdmissionPolicy
{
    /// <summary>See <see cref="Apps.ScalingConfig.QueueTimeout"/>.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>See <see cref="Apps.ScalingConfig.ColdStartTimeout"/>.</summary>
    public TimeSpan ColdStartTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>See <see cref="Apps.ScalingConfig.QueueMaxLength"/>.</summary>
    public int QueueMaxLength { get; init; } = 1000;

    /// <summary>See <see cref="Apps.ScalingConfig.QueueMaxBytes"/>.</summary>
    public long QueueMaxBytes { get; init; } = 64L << 20;

    /// <summary>See <see cref="Apps.ScalingConfig.BatchShare"/>.</summary>
    public double BatchShare { get; init; } = 0.1;

    /// <summary>One of <see cref="Apps.LoadBalancingAlgorithms"/>.</summary>
    public string LoadBalancing { get; init; } = Apps.LoadBalancingAlgorithms.RoundRobin;

    /// <summary>The policy that an app's scaling table asks for.</summary>
    public static AdmissionPolicy From(Apps.ScalingConfig scaling) => new()
    {
        QueueTimeout = scaling.QueueTimeout,
        ColdStartTimeout = scaling.ColdStartTimeout,
        QueueMaxLength = scaling.QueueMaxLength,
        QueueMaxBytes = scaling.QueueMaxBytes,
        BatchShare = scaling.BatchShare,
        LoadBalancing = scaling.EffectiveLoadBalancing,
    };
}

/// <summary>What an app has to do, at one instant.</summary>
/// <param name="InFlight">Slots held.</param>
/// <param name="WaitingSync">Sync calls in the queue.</param>
/// <param name="WaitingBatch">Batch calls in the queue.</param>
/// <param name="WaitingBytes">Bytes held by the queue.</param>
/// <param name="ReadyReplicas">Replicas that may be given calls.</param>
/// <param name="Capacity">The sum of their slots.</param>
public readonly record struct AdmissionDemand(
    int InFlight, int WaitingSync, int WaitingBatch, long WaitingBytes, int ReadyReplicas, int Capacity)
{
    /// <summary>Waiting calls of both classes.</summary>
    public int Waiting => WaitingSync + WaitingBatch;
}

/// <summary>What one replica has in flight.</summary>
/// <param name="Replica">The replica.</param>
/// <param name="InFlight">Slots held of it.</param>
/// <param name="Accepting">True when it may be given calls.</param>
public readonly record struct ReplicaLoad(Replica Replica, int InFlight, bool Accepting);
