using InterCluster.Core.Runs;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>A flooded function or project does not delay another's first run by more than a second: with real workers, on both stores.</summary>
public sealed class FairnessTests(RabbitMqServer broker, PostgresServer server, ITestOutputHelper output)
{
    private const int Flood = 30_000;
    private const int Functions = 100;
    private const string Flooded = "flooded";
    private const string Other = "p-other";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flood_of_one_function_delays_no_other(bool distributed)
    {
        await using Setting setting = await StartAsync(distributed);
        await setting.Server.SubmitManyAsync(Flooded, "work", Flood);

        await AssertStartsAsync(setting, "calm", TestServer.Project, "one");
        await AssertStartsAsync(setting, "calm", Other, "one");
        // Of the flooded app itself: the flood's runs are short, so its slots come free all the time.
        await AssertStartsAsync(setting, Flooded, TestServer.Project, "another");
        await AssertStillFloodedAsync(setting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flood_of_many_functions_of_one_project_delays_no_other(bool distributed)
    {
        await using Setting setting = await StartAsync(distributed);
        await Parallel.ForEachAsync(Enumerable.Range(0, Functions), async (n, _) => await setting.Server.SubmitManyAsync(Flooded, $"work-{n}", Flood / Functions));

        await AssertStartsAsync(setting, "calm", Other, "one");
        await AssertStartsAsync(setting, "calm", TestServer.Project, "one");
        await AssertStillFloodedAsync(setting);
    }

    private async Task AssertStartsAsync(Setting setting, string app, string project, string function)
    {
        long began = TimeProvider.System.GetTimestamp();
        string id = await setting.Server.SubmitAsync(app, function, project);
        await setting.Server.EndAsync(id, project);

        TimeSpan start = TimeProvider.System.GetElapsedTime(began, setting.Function.CallsOf(id).First().At);
        output.WriteLine($"{project}/{app}/{function} started after {start.TotalMilliseconds:0} ms");
        Assert.InRange(start, TimeSpan.Zero, Limit);
    }

    private async Task AssertStillFloodedAsync(Setting setting)
    {
        long queued = (await setting.Server.Get<IRunStore>().DepthsAsync(default)).Sum(d => (long)d.Queued);
        output.WriteLine($"{queued} runs wait yet");
        Assert.InRange(queued, Flood / 10, Flood);
    }

    private async Task<Setting> StartAsync(bool distributed)
    {
        Function function = await Function.StartAsync(async (context, _) =>
        {
            // Short, and not nothing: the flood outlasts the test.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            await context.Response.WriteAsync("done");
        });
        RabbitMqVirtualHost? host = distributed ? await broker.NewVirtualHostAsync() : null;
        PostgresTestDatabase? database = distributed ? await server.NewDatabaseAsync() : null;
        TestServer started = await TestServer.StartAsync(
            host?.Address, database is null ? [] : [$"InterCluster:Storage:Postgres:ConnectionString={database.ConnectionString}"]);
        foreach ((string app, string project) in ((string, string)[])[(Flooded, TestServer.Project), ("calm", TestServer.Project), ("calm", Other)])
        {
            await started.DeployAsync(app, function.Address, "[intercluster.scaling]\nreplica_concurrency = 50\n", project);
        }

        return new Setting(started, function, host, database);
    }

    private sealed record Setting(TestServer Server, Function Function, RabbitMqVirtualHost? Host, PostgresTestDatabase? Database) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            await Function.DisposeAsync();
            await (Host?.DisposeAsync() ?? default);
            await (Database?.DisposeAsync() ?? default);
        }
    }
}
