using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Conformance;
using InterCluster.Storage.Tests.Harness;
using InterCluster.Testing.Postgres;

namespace InterCluster.Storage.Tests.Containers;

/// <summary>PostgreSQL as a container, whatever the other tests run on: the store works on it, and it can be killed and comes back with what it had.</summary>
[Collection<ContainerCollection>]
public sealed class ContainerLeaseTests(ContainerTemplate template) : LeaseConformance(new PostgresHarness(template.OrSkip()));

[Collection<ContainerCollection>]
public sealed class ContainerServerTests(ContainerTemplate template)
{
    [Fact]
    public async Task A_killed_server_comes_back_on_its_port_with_what_was_committed()
    {
        await using PostgresTestDatabase database = await template.OrSkip().NewDatabaseAsync();
        string address = database.ConnectionString;
        RunId id;
        await using (var store = new PostgresStore(address))
        {
            id = (await store.Runs.SubmitAsync(Some.Run(TimeProvider.System), default)).Id;
        }

        await template.Server.KillAsync();
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => database.RunAsync("select 1"));
        await template.Server.StartAgainAsync();

        Assert.Equal(address, database.ConnectionString);
        await using var again = new PostgresStore(address);
        Assert.Equal(RunState.Queued, (await again.Runs.GetAsync(Some.Project, id, default))!.State);
    }
}

[CollectionDefinition]
public sealed class ContainerCollection : ICollectionFixture<ContainerTemplate>;
