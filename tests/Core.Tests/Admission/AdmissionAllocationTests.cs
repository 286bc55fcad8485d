using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Gateways;

namespace InterCluster.Core.Tests.Admission;

/// <summary>What the hit path may cost in garbage: nothing.</summary>
public sealed class AdmissionAllocationTests
{
    private const int Calls = 1000;

    public static TheoryData<string> Algorithms => [.. LoadBalancingAlgorithms.All];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Grant_and_release_allocate_nothing(string algorithm)
    {
        var app = new AdmissionFixture(new AdmissionPolicy { LoadBalancing = algorithm });
        for (int i = 0; i < 70; i++)
        {
            app.Add($"r{i}", concurrency: 2);
        }

        IAdmission admission = app.Admission;
        using var caller = new CancellationTokenSource();
        CancellationToken ct = caller.Token;

        Assert.Equal(0, Allocated(() => HoldTwo(admission, ct)));
    }

    [Fact]
    public void Asking_for_the_lease_allocates_nothing()
    {
        var lease = new GatewayLease(new LeaseTerms(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.Zero), TimeProvider.System);
        lease.Renewed(TimeProvider.System.GetTimestamp());
        using var admission = new AppAdmission(AdmissionFixture.App, new AdmissionPolicy(), TimeProvider.System, new Random(1), lease);
        admission.Add(AdmissionFixture.Replica("a", 2));
        admission.Enter();

        Assert.Equal(0, Allocated(() => HoldTwo(admission, CancellationToken.None)));
    }

    [Fact]
    public void Wait_in_the_queue_allocates_nothing_either()
    {
        var app = new AdmissionFixture();
        app.Add("a");
        IAdmission admission = app.Admission;
        using var caller = new CancellationTokenSource();
        CancellationToken ct = caller.Token;

        Assert.Equal(0, Allocated(() => WaitOnce(admission, ct)));
    }

    private static void HoldTwo(IAdmission admission, CancellationToken ct)
    {
        Slot first = Granted(Admit(admission, ct));
        Slot second = Granted(Admit(admission, ct));
        first.Release();
        second.Release();
    }

    private static void WaitOnce(IAdmission admission, CancellationToken ct)
    {
        Slot held = Granted(Admit(admission, ct));
        ValueTask<AdmissionResult> waiting = Admit(admission, ct);
        held.Release();
        Granted(waiting).Release();
    }

    private static ValueTask<AdmissionResult> Admit(IAdmission admission, CancellationToken ct) =>
        admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), ct);

    private static Slot Granted(ValueTask<AdmissionResult> admitted) =>
        admitted.IsCompletedSuccessfully ? admitted.Result.Slot : throw new InvalidOperationException("The call waits.");

    private static long Allocated(Action action)
    {
        for (int i = 0; i < Calls; i++)
        {
            action(); // Warm: pools filled, arrays grown, code compiled.
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Calls; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
