using InterCluster.Core.Admission;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Tests.Admission;

public sealed class AdmissionDirectoryTests
{
    private static readonly AppId App = new("p-test", "app");

    private readonly AdmissionDirectory _directory = new(TimeProvider.System, new Random(1));

    [Fact]
    public void App_has_one_admission_and_a_second_deploy_reconfigures_it()
    {
        IAdmission first = _directory.GetOrAdd(App, new AdmissionPolicy());
        IAdmission second = _directory.GetOrAdd(App, new AdmissionPolicy { ColdStartTimeout = TimeSpan.Zero });

        Assert.Same(first, second);
        Assert.True(_directory.TryGet(App, out IAdmission? found));
        Assert.Same(first, found);
        Assert.Equal([first], _directory.All);
        Assert.Equal(Refusal.ColdStartTimeout, Admit(first).Refusal);
    }

    [Fact]
    public void Removed_app_is_closed_and_a_new_deploy_starts_afresh()
    {
        IAdmission old = _directory.GetOrAdd(App, new AdmissionPolicy());
        var waiting = new PendingCall(old.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None));

        _directory.Remove(App);
        _directory.Remove(App);

        Assert.Equal(Refusal.Draining, waiting.Result.Refusal);
        Assert.False(_directory.TryGet(App, out _));
        Assert.NotSame(old, _directory.GetOrAdd(App, new AdmissionPolicy()));
    }

    private static AdmissionResult Admit(IAdmission admission) =>
        new PendingCall(admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None)).Result;
}
