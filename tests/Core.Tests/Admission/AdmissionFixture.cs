using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Core.Tests.Admission;

/// <summary>An admission on fake time, and short words for what the tests do with it.</summary>
internal sealed class AdmissionFixture
{
    public static readonly AppId App = new("p-test", "app");

    public AdmissionFixture(AdmissionPolicy? policy = null, int seed = 1)
    {
        Policy = policy ?? new AdmissionPolicy { LoadBalancing = LoadBalancingAlgorithms.FirstAvailable };
        Admission = new AppAdmission(App, Policy, Time, new Random(seed));
    }

    public FakeTimeProvider Time { get; } = new();

    public AdmissionPolicy Policy { get; }

    public IAdmission Admission { get; }

    public static ReplicaId Id(string name) => new(name);

    public static Replica Replica(string name, int concurrency, int revision = 1) => new(new ReplicaId(name), App, revision, $"http://{name}", concurrency);

    public Replica Add(string name, int concurrency = 1, int revision = 1)
    {
        Replica replica = Replica(name, concurrency, revision);
        Admission.Add(replica);
        return replica;
    }

    public PendingCall Sync(long bytes = 0, CancellationToken ct = default) => Call(CallClass.Sync, bytes, ct);

    public PendingCall Batch(long bytes = 0, CancellationToken ct = default) => Call(CallClass.Batch, bytes, ct);

    public PendingCall Call(CallClass callClass, long bytes = 0, CancellationToken ct = default) =>
        new(Admission.AdmitAsync(new CallRequest(callClass, bytes), ct));

    /// <summary>A call that must get its slot at once.</summary>
    public Slot Grant()
    {
        AdmissionResult result = Sync().Result;
        Assert.True(result.Granted);
        return result.Slot;
    }

    /// <summary>A call that must be refused at once.</summary>
    public Refusal Refused(long bytes = 0)
    {
        AdmissionResult result = Sync(bytes).Result;
        Assert.False(result.Granted);
        return result.Refusal;
    }
}
