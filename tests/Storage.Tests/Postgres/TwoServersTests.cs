using System.Collections.Concurrent;
using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Apps;
using InterCluster.Storage.Tests.Harness;
using InterCluster.Testing.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace InterCluster.Storage.Tests.Postgres;

/// <summary>Two servers on one database: they race, and they hear of each other.</summary>
public sealed class TwoServersTests(PostgresTemplate template) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private PostgresTestDatabase? _database;
    private PostgresStore? _one;
    private PostgresStore? _two;

    private PostgresStore One => _one!;

    private PostgresStore Two => _two!;

    public async ValueTask InitializeAsync()
    {
        _database = await template.Server.NewDatabaseAsync();
        (_one, _two) = (new PostgresStore(_database.ConnectionString), new PostgresStore(_database.ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Both_bring_an_empty_database_up_to_date_at_once()
    {
        await Task.WhenAll(Task.Run(() => One.Apps.ListAsync(null, default).AsTask()), Task.Run(() => Two.Apps.ListAsync(null, default).AsTask()));

        Assert.Empty(await One.Runs.DepthsAsync(default));
    }

    [Fact]
    public async Task Racing_claims_settlements_and_sweeps_end_every_run_once()
    {
        const int Count = 1200;
        RunId[] ids = [.. (await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => One.Runs.SubmitAsync(Some.Run(TimeProvider.System), default).AsTask()))).Select(r => r.Id)];
        var claims = new ConcurrentBag<ClaimedRun>();
        var accepted = new ConcurrentBag<RunId>();
        using var done = new CancellationTokenSource();

        Task sweeping = Task.WhenAll(SweepAsync(One, done.Token), SweepAsync(Two, done.Token));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => WorkAsync(worker % 2 == 0 ? One : Two, worker, ids, claims, accepted))));
        await done.CancelAsync();
        await sweeping;

        Assert.Equal(ids.ToHashSet(), accepted.ToHashSet());
        Assert.Equal(Count, accepted.Count);
        Assert.Equal(Count, claims.Count);
        Assert.All(claims, c => Assert.Equal((1, 1L), (c.Attempt, c.Lease)));
        Assert.Empty(await Two.Runs.DepthsAsync(default));
    }

    [Fact]
    public async Task The_end_of_a_run_is_heard_where_a_caller_waits()
    {
        await ListenAsync();
        RunId id = (await One.Runs.SubmitAsync(Some.Run(TimeProvider.System), default)).Id;
        ClaimedRun run = Assert.Single(await Two.Runs.ClaimAsync([id], "worker", Some.Lease, default));
        var heard = new TaskCompletionSource<RunId>(TaskCreationOptions.RunContinuationsAsynchronously);
        One.Runs.Finished += ids => heard.TrySetResult(ids[0]);

        await Two.Runs.SettleAsync([Settlement.Succeeded(id, run.Lease, Some.Response(200, ""))], default);

        Assert.Equal(id, await heard.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_cancellation_is_heard_where_the_run_is_carried_out()
    {
        await ListenAsync();
        RunId id = (await One.Runs.SubmitAsync(Some.Run(TimeProvider.System), default)).Id;
        await Two.Runs.ClaimAsync([id], "worker", Some.Lease, default);
        var heard = new TaskCompletionSource<RunId>(TaskCreationOptions.RunContinuationsAsynchronously);
        Two.Runs.CancelRequested += run => heard.TrySetResult(run);

        await One.Runs.CancelAsync(Some.Project, id, default);

        Assert.Equal(id, await heard.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task Deploys_and_deletes_come_into_force_elsewhere()
    {
        var catalog = new AppCatalog();
        using var watcher = new CatalogWatcher(Two.Get<Storage.Postgres.Engine.PostgresDatabase>(), catalog, NullLogger<CatalogWatcher>.Instance);
        var config = new AppConfig { Name = "app", Runtime = new RuntimeConfig { Port = 8080, Addresses = ["http://127.0.0.1:9"] } };

        await One.Apps.DeployAsync(Some.App, config, "k", default);
        await One.Apps.DeployAsync(new AppId(Some.Project, "other"), config, "k", default);
        Assert.Equal(2, await watcher.RunOnceAsync(default));
        Assert.Equal(2, catalog.All.Count);

        await One.Apps.DeleteAsync(Some.App, default);
        Assert.Equal(1, await watcher.RunOnceAsync(default));
        Assert.Equal("other", Assert.Single(catalog.All).App.App);
        Assert.Equal(0, await watcher.RunOnceAsync(default));

        await watcher.StartAsync(default);
        var deployed = new TaskCompletionSource<AppId>(TaskCreationOptions.RunContinuationsAsynchronously);
        catalog.Changed += change => deployed.TrySetResult(change.App);
        await One.Apps.DeployAsync(Some.App, config, "k", default);
        Assert.Equal(Some.App, await deployed.Task.WaitAsync(Patience));
        await watcher.StopAsync(default);
    }

    [Fact]
    public async Task A_change_of_keys_is_heard()
    {
        await ListenAsync();
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Two.Keys.Changed += () => heard.TrySetResult();

        await One.Keys.AddAsync(
            new() { Id = "k", Project = Some.Project, Name = "n", Scopes = default, PublicKey = new byte[] { 1 }, IssuedAt = StoreHarness.Start, ExpiresAt = StoreHarness.Start },
            default);

        await heard.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_schema_that_needs_a_newer_server_is_refused_and_one_that_does_not_is_not()
    {
        await One.Apps.ListAsync(null, default);
        await _database!.RunAsync("insert into intercluster.migrations (number, name, checksum, oldest_server) values (9000, 'later', '', 1)");
        Assert.Empty(await Two.Apps.ListAsync(null, default));

        await _database.RunAsync("update intercluster.migrations set oldest_server = 9000 where number = 9000");
        await using var third = new PostgresStore(_database.ConnectionString);
        StoreUnavailableException refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => third.Apps.ListAsync(null, default).AsTask());
        Assert.Contains("Run a newer server", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_that_something_else_has_changed_is_refused()
    {
        await One.Apps.ListAsync(null, default);
        await _database!.RunAsync("update intercluster.migrations set checksum = 'other' where number = 1");

        StoreUnavailableException refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => Two.Apps.ListAsync(null, default).AsTask());

        Assert.Contains("checksum", refusal.Message, StringComparison.Ordinal);
    }

    // Asks for something first: a store listens from its first use on.
    private async Task ListenAsync()
    {
        foreach (PostgresStore store in new[] { One, Two })
        {
            await store.Apps.ListAsync(null, default);
            await store.Get<Storage.Postgres.Engine.PostgresDatabase>().Listener.Listening.WaitAsync(Patience);
        }
    }

    private static async Task SweepAsync(PostgresStore store, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            SweepResult swept = await store.Runs.SweepAsync(3, 100, default);
            Assert.Equal((0, 0, 0), (swept.Due, swept.Expired, swept.Dead));
        }
    }

    private static async Task WorkAsync(
        PostgresStore store, int worker, RunId[] ids, ConcurrentBag<ClaimedRun> claims, ConcurrentBag<RunId> accepted)
    {
        foreach (RunId[] chunk in ids.Chunk(60))
        {
            IReadOnlyList<ClaimedRun> runs = worker % 4 < 2
                ? await store.Runs.ClaimAsync(chunk, $"worker-{worker}", Some.Lease, default)
                : await store.Runs.ClaimNextAsync(Some.Function, 60, $"worker-{worker}", Some.Lease, default);
            foreach (ClaimedRun run in runs)
            {
                claims.Add(run);
            }

            // Each says it twice: once is heard.
            Settlement[] settlements = [.. runs.Select(r => Settlement.Succeeded(r.Id, r.Lease, Some.Response(200, "")))];
            foreach (IReadOnlyList<bool> answer in await Task.WhenAll(
                store.Runs.SettleAsync(settlements, default).AsTask(), store.Runs.SettleAsync([.. settlements.Reverse()], default).AsTask().ContinueWith(
                    t => (IReadOnlyList<bool>)[.. t.Result.Reverse()], TaskScheduler.Default)))
            {
                for (int i = 0; i < answer.Count; i++)
                {
                    if (answer[i])
                    {
                        accepted.Add(settlements[i].Id);
                    }
                }
            }
        }
    }
}
