using BenchmarkDotNet.Attributes;
using InterCluster.Core.Admission;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Bench.Micro;

/// <summary>A call that finds a free slot, and one that waits for the slot of another; against a semaphore, which knows neither replicas nor deadlines.</summary>
[MemoryDiagnoser]
public class AdmissionBenchmarks
{
    private static readonly AppId App = new("p-bench", "app");

    private readonly SemaphoreSlim _semaphore = new(4);
    private readonly SemaphoreSlim _taken = new(0);
    private readonly CancellationTokenSource _caller = new();
    private IAdmission _free = null!;
    private IAdmission _full = null!;
    private Slot _held;

    [GlobalSetup]
    public void Setup()
    {
        _free = Make(concurrency: 4);
        _full = Make(concurrency: 1);
        _held = _full.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None).AsTask().Result.Slot;
    }

    [Benchmark(Baseline = true)]
    public async Task SemaphoreHit()
    {
        await _semaphore.WaitAsync(_caller.Token);
        _semaphore.Release();
    }

    [Benchmark]
    public async ValueTask Hit()
    {
        AdmissionResult result = await _free.AdmitAsync(new CallRequest(CallClass.Sync, 0), _caller.Token);
        result.Slot.Release();
    }

    [Benchmark]
    public async Task SemaphoreWait()
    {
        Task waiting = _taken.WaitAsync(_caller.Token);
        _taken.Release();
        await waiting;
    }

    [Benchmark]
    public async ValueTask Wait()
    {
        ValueTask<AdmissionResult> waiting = _full.AdmitAsync(new CallRequest(CallClass.Sync, 0), _caller.Token);
        _held.Release();
        _held = (await waiting).Slot;
    }

    private static IAdmission Make(int concurrency)
    {
        IAdmission admission = new AdmissionDirectory(TimeProvider.System, Random.Shared).GetOrAdd(App, new AdmissionPolicy());
        admission.Add(new Replica(new ReplicaId("r"), App, 1, "http://127.0.0.1:1", concurrency));
        return admission;
    }
}
