using System.Collections.Concurrent;
using System.Diagnostics;
using InterCluster.Core;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;
using InterCluster.Testing.Postgres;

namespace InterCluster.Storage.Tests.Postgres;

/// <summary>The database is killed under load: a server of its own.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int Cycles = 3;
    private const int Callers = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PostgresServer _server = new();
    private PostgresTestDatabase? _database;

    public async ValueTask InitializeAsync() => _database = await _server.NewDatabaseAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9_of_the_database_and_the_store_recovers_by_itself()
    {
        await using var store = new PostgresStore(_database!.ConnectionString);
        var submitted = new ConcurrentBag<RunId>();
        var settled = new ConcurrentBag<RunId>();
        var random = new Random(20261123);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await WorkUntilKilledAsync(store, random.Next(50, 800), submitted, settled);
            await AssertRefusedSoonAsync(store);
            await _server.StartAgainAsync();
            await AssertAcceptsAgainAsync(store, submitted);
        }

        Assert.NotEmpty(settled);
        foreach (RunId id in submitted)
        {
            RunInfo? run = await store.Runs.GetAsync(Some.Project, id, default);
            Assert.NotNull(run);
        }

        foreach (RunId id in settled)
        {
            Assert.Equal(RunState.Succeeded, (await store.Runs.GetAsync(Some.Project, id, default))!.State);
            Assert.NotNull(await store.Runs.GetResponseAsync(Some.Project, id, default));
        }
    }

    private async Task WorkUntilKilledAsync(PostgresStore store, int acknowledgements, ConcurrentBag<RunId> submitted, ConcurrentBag<RunId> settled)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int count = 0;
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    RunId id = (await store.Runs.SubmitAsync(Some.Run(TimeProvider.System), default)).Id;
                    submitted.Add(id);
                    if (caller % 4 == 0)
                    {
                        await FinishAsync(store, id, settled);
                    }

                    if (Interlocked.Increment(ref count) == acknowledgements)
                    {
                        enough.SetResult();
                    }
                }
            }
            catch (StoreUnavailableException)
            {
            }
        }))];
        await enough.Task.WaitAsync(Patience);
        await _server.KillAsync();
        await Task.WhenAll(callers).WaitAsync(Patience);
    }

    private static async Task FinishAsync(PostgresStore store, RunId id, ConcurrentBag<RunId> settled)
    {
        ClaimedRun run = Assert.Single(await store.Runs.ClaimAsync([id], "worker", TimeSpan.FromMinutes(5), default));
        if ((await store.Runs.SettleAsync([Settlement.Succeeded(id, run.Lease, Some.Response(200, "done"))], default))[0])
        {
            settled.Add(id);
        }
    }

    private static async Task AssertRefusedSoonAsync(PostgresStore store)
    {
        for (int i = 0; i < 5; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Runs.SubmitAsync(Some.Run(TimeProvider.System), default).AsTask());
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
        }
    }

    private static async Task AssertAcceptsAgainAsync(PostgresStore store, ConcurrentBag<RunId> submitted)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                submitted.Add((await store.Runs.SubmitAsync(Some.Run(TimeProvider.System), default)).Id);
                return;
            }
            catch (StoreUnavailableException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }
}
