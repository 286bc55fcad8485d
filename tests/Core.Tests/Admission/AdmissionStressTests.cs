using System.Collections.Concurrent;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Tests.Admission;

/// <summary>Real threads and the real clock: the lock, the pool of waiters and cancellation under contention.</summary>
public sealed class AdmissionStressTests
{
    private const int Callers = 24;
    private const int CallsPerCaller = 1500;

    public static TheoryData<string> Algorithms => [.. LoadBalancingAlgorithms.All];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Limit_holds_under_contention_and_the_ledger_returns_to_zero(string algorithm)
    {
        var policy = new AdmissionPolicy { LoadBalancing = algorithm, QueueTimeout = TimeSpan.FromMilliseconds(20), QueueMaxLength = Callers / 2 };
        var admission = new AppAdmission(AdmissionFixture.App, policy, TimeProvider.System, Random.Shared);
        var witness = new Witness();
        using var done = new CancellationTokenSource();
        Task churn = Task.Run(() => ChurnAsync(admission, done.Token));

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(n => Task.Run(() => CallAsync(admission, witness, n))));
        await done.CancelAsync();
        await churn;

        Assert.Empty(witness.OverLimit);
        Assert.Equal(Callers * CallsPerCaller, witness.Outcomes.Values.Sum());
        Assert.True(witness.Outcomes[Refusal.None] > Callers * CallsPerCaller / 10, string.Join(", ", witness.Outcomes));
        Assert.Equal((0, 0, 0L), (admission.Demand.InFlight, admission.Demand.Waiting, admission.Demand.WaitingBytes));
        Assert.All(witness.InFlight.Values, inFlight => Assert.Equal(0, inFlight.Value));
    }

    private static async Task CallAsync(AppAdmission admission, Witness witness, int caller)
    {
        var random = new Random(caller);
        for (int i = 0; i < CallsPerCaller; i++)
        {
            using var gone = new CancellationTokenSource();
            ValueTask<AdmissionResult> admitted = admission.AdmitAsync(
                new CallRequest(caller % 3 == 0 ? CallClass.Batch : CallClass.Sync, random.Next(100)), gone.Token);
            if (!admitted.IsCompleted && random.Next(4) == 0)
            {
                await gone.CancelAsync();
            }

            AdmissionResult result = await admitted;
            witness.Saw(result.Refusal);
            if (result.Granted)
            {
                await HoldAsync(result.Slot, witness, random);
            }
            else
            {
                await Task.Yield();
            }
        }
    }

    private static async Task HoldAsync(Slot slot, Witness witness, Random random)
    {
        witness.Enter(slot.Replica);
        for (int turns = random.Next(3); turns > 0; turns--)
        {
            await Task.Yield();
        }

        witness.Leave(slot.Replica);
        Assert.True(slot.Release());
        Assert.False(slot.Release());
    }

    /// <summary>Replicas come, pause, drain and die, all the time, but one stays.</summary>
    private static async Task ChurnAsync(AppAdmission admission, CancellationToken done)
    {
        admission.Add(AdmissionFixture.Replica("stays", 2));
        for (int i = 0; !done.IsCancellationRequested; i++)
        {
            string name = $"r{i}";
            admission.Add(AdmissionFixture.Replica(name, 1 + (i % 3)));
            await Task.Yield();
            admission.Suspend(AdmissionFixture.Id(name));
            await Task.Yield();
            admission.Resume(AdmissionFixture.Id(name));
            await Task.Yield();
            if (i % 4 == 0)
            {
                admission.Remove(AdmissionFixture.Id(name));
            }
            else
            {
                await admission.DrainAsync(AdmissionFixture.Id(name));
            }
        }
    }

    /// <summary>Counts at the replicas, apart from admission.</summary>
    private sealed class Witness
    {
        public ConcurrentDictionary<ReplicaId, StrongCount> InFlight { get; } = new();

        public ConcurrentDictionary<Refusal, int> Outcomes { get; } = new();

        public ConcurrentQueue<string> OverLimit { get; } = new();

        public void Saw(Refusal refusal) => Outcomes.AddOrUpdate(refusal, 1, static (_, n) => n + 1);

        public void Enter(Replica replica)
        {
            int now = Interlocked.Increment(ref InFlight.GetOrAdd(replica.Id, static _ => new StrongCount()).Value);
            if (now > replica.Concurrency)
            {
                OverLimit.Enqueue($"{replica.Id}: {now} of {replica.Concurrency}");
            }
        }

        public void Leave(Replica replica) => Interlocked.Decrement(ref InFlight[replica.Id].Value);
    }

    private sealed class StrongCount
    {
        public int Value;
    }
}
