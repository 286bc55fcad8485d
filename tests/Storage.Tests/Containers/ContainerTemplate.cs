using InterCluster.Storage.Tests.Harness;
using InterCluster.Testing.Machines;
using InterCluster.Testing.Postgres;

namespace InterCluster.Storage.Tests.Containers;

/// <summary>The template on a server in a container; without an engine its tests are skipped.</summary>
public sealed class ContainerTemplate() : PostgresTemplate(PostgresServer.InContainer()), IAsyncLifetime
{
    private bool _engineAnswers;

    public async ValueTask InitializeAsync() => _engineAnswers = await DockerEngine.IsThereAsync();

    public ContainerTemplate OrSkip()
    {
        Assert.SkipUnless(_engineAnswers, "No engine for containers answers here.");
        return this;
    }
}
