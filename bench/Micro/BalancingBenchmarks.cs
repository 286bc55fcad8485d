using BenchmarkDotNet.Attributes;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Bench.Micro;

/// <summary>
/// Taking and giving back a slot: with all but the last replica full, the worst case of a search, and with all of them half full, the worst case of an
/// index of the free ones. Against a semaphore per replica, tried in turn.
/// </summary>
[MemoryDiagnoser]
public class BalancingBenchmarks
{
    private static readonly AppId App = new("p-bench", "app");

    private SemaphoreSlim[] _semaphores = [];
    private IAdmission _roundRobin = null!;
    private IAdmission _firstAvailable = null!;
    private IAdmission _minConnections = null!;
    private IAdmission _randomChoice2 = null!;

    [Params(1, 10, 100)]
    public int Replicas { get; set; }

    [Params(false, true)]
    public bool AllFree { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _semaphores = [.. Enumerable.Range(0, Replicas).Select(i => new SemaphoreSlim(AllFree || i == Replicas - 1 ? 1 : 0))];
        _roundRobin = Make(LoadBalancingAlgorithms.RoundRobin);
        _firstAvailable = Make(LoadBalancingAlgorithms.FirstAvailable);
        _minConnections = Make(LoadBalancingAlgorithms.MinConnections);
        _randomChoice2 = Make(LoadBalancingAlgorithms.RandomChoice2);
    }

    [Benchmark(Baseline = true)]
    public void SemaphorePerReplica()
    {
        foreach (SemaphoreSlim semaphore in _semaphores)
        {
            if (semaphore.Wait(0))
            {
                semaphore.Release();
                return;
            }
        }
    }

    [Benchmark]
    public bool RoundRobin() => TakeAndRelease(_roundRobin);

    [Benchmark]
    public bool FirstAvailable() => TakeAndRelease(_firstAvailable);

    [Benchmark]
    public bool MinConnections() => TakeAndRelease(_minConnections);

    [Benchmark]
    public bool RandomChoice2() => TakeAndRelease(_randomChoice2);

    private static bool TakeAndRelease(IAdmission admission) => Take(admission).Release();

    private IAdmission Make(string algorithm)
    {
        IAdmission admission = new AdmissionDirectory(TimeProvider.System, new Random(1))
            .GetOrAdd(App, new AdmissionPolicy { LoadBalancing = algorithm });
        List<Slot> held = [];
        for (int i = 0; i < Replicas; i++)
        {
            admission.Add(new Replica(new ReplicaId($"r{i}"), App, 1, "http://127.0.0.1:1", concurrency: 2));
            held.AddRange([Take(admission), Take(admission)]);
        }

        foreach (Slot slot in held.Where((_, i) => i % 2 == 1 && (AllFree || i == held.Count - 1)))
        {
            slot.Release();
        }

        return admission;
    }

    private static Slot Take(IAdmission admission)
    {
        ValueTask<AdmissionResult> admitted = admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None);
        return admitted.IsCompletedSuccessfully ? admitted.Result.Slot : throw new InvalidOperationException("No slot is free.");
    }
}
