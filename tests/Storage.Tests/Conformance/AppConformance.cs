using System.Text.Json;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class AppConformance(StoreHarness store) : StoreConformance(store)
{
    private static readonly AppConfig Config = new()
    {
        Name = "app",
        DisableAuth = true,
        Runtime = new RuntimeConfig
        {
            Entrypoint = ["dotnet", "a b.dll"], Port = 8192, Folder = "/srv/app", ReadycheckEndpoint = "/ready", Protocol = ReplicaProtocol.Http2,
            Environment = new Dictionary<string, string> { ["SomeKey"] = "välue" }, Addresses = ["http://127.0.0.1:9000"],
        },
        Hardware = new HardwareConfig { Cpu = 1.5, MemoryGb = 0.25, GpuCount = 1 },
        Scaling = new ScalingConfig { MaxReplicas = 9, ResponseGracePeriod = TimeSpan.FromSeconds(77), LoadBalancingAlgorithm = "min-connections" },
    };

    [Fact]
    public async Task Deploy_numbers_revisions_and_makes_the_last_one_current()
    {
        Revision first = await Apps.DeployAsync(Some.App, Config, "k1", default);
        Time.Advance(TimeSpan.FromMinutes(1));
        Revision second = await Apps.DeployAsync(Some.App, Config with { DisableAuth = false }, "k2", default);

        Assert.Equal((1, "k1", StoreHarness.Start), (first.Number, first.DeployedBy, first.DeployedAt));
        Assert.Equal((2, "k2", Time.GetUtcNow()), (second.Number, second.DeployedBy, second.DeployedAt));
        Assert.Equal(2, Assert.Single(await Apps.ListAsync(null, default)).Number);
        IReadOnlyList<Revision> revisions = await Apps.RevisionsAsync(Some.App, default);
        Assert.Equal([2, 1], revisions.Select(r => r.Number));
        AssertSame(Config, revisions[1].Config);
        AssertSame(Config, first.Config);
    }

    [Fact]
    public async Task Rollback_makes_a_new_revision_of_an_old_one()
    {
        await Apps.DeployAsync(Some.App, Config, "k", default);
        await Apps.DeployAsync(Some.App, Config with { DisableAuth = false }, "k", default);

        Revision? back = await Apps.RollbackAsync(Some.App, 1, "k3", default);

        Assert.Equal((3, "k3"), (back?.Number, back?.DeployedBy));
        AssertSame(Config, back!.Config);
        Assert.Equal(3, Assert.Single(await Apps.ListAsync(Some.Project, default)).Number);
        Assert.Null(await Apps.RollbackAsync(Some.App, 9, "k", default));
        Assert.Null(await Apps.RollbackAsync(new AppId("p-two", "app"), 1, "k", default));
    }

    [Fact]
    public async Task Delete_keeps_the_revisions_and_their_numbers()
    {
        await Apps.DeployAsync(Some.App, Config, "k", default);

        Assert.True(await Apps.DeleteAsync(Some.App, default));
        Assert.False(await Apps.DeleteAsync(Some.App, default));

        Assert.Empty(await Apps.ListAsync(null, default));
        Assert.Single(await Apps.RevisionsAsync(Some.App, default));
        Assert.Equal(2, (await Apps.DeployAsync(Some.App, Config, "k", default)).Number);
    }

    [Fact]
    public async Task List_is_of_one_project_or_all()
    {
        await Apps.DeployAsync(Some.App, Config, "k", default);
        await Apps.DeployAsync(new AppId("p-two", "app"), Config, "k", default);

        Assert.Equal("p-two", Assert.Single(await Apps.ListAsync("p-two", default)).App.Project);
        Assert.Equal(2, (await Apps.ListAsync(null, default)).Count);
        Assert.Empty(await Apps.RevisionsAsync(new AppId("p-three", "app"), default));
    }

    [Fact]
    public async Task Deploys_at_once_get_numbers_of_their_own()
    {
        Revision[] revisions = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => Apps.DeployAsync(Some.App, Config, "k", default).AsTask())));

        Assert.Equal(Enumerable.Range(1, 20), revisions.Select(r => r.Number).Order());
    }

    private static void AssertSame(AppConfig expected, AppConfig actual) =>
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
}
