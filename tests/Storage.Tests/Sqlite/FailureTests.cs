using System.Diagnostics;
using InterCluster.Core;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Tests.Harness;
using Microsoft.Data.Sqlite;

namespace InterCluster.Storage.Tests.Sqlite;

public sealed class FailureTests
{
    [Fact]
    public async Task Full_file_refuses_writes_keeps_reading_and_recovers()
    {
        using var store = new SqliteHarness();
        SqliteDatabase database = store.Get<SqliteDatabase>();
        RunId before = await store.SubmitAsync();
        await database.WriteAsync(s => LimitPages(s, 1), default);

        await RefusedAsync(store, 256 << 10);

        Assert.Equal(RunState.Queued, (await store.InfoAsync(before)).State);
        await database.WriteAsync(s => LimitPages(s, 1 << 30), default);
        RunId after = await store.SubmitAsync();
        Assert.Equal([new FunctionDepth(Some.Function, 0, 2, 0)], await store.Runs.DepthsAsync(default));
        Assert.Equal(RunState.Queued, (await store.InfoAsync(after)).State);
    }

    [Fact]
    public async Task Full_disk_never_loses_what_was_accepted_and_recovers()
    {
        using SmallDisk? disk = SmallDisk.TryMount();
        Assert.SkipWhen(disk is null, "Mounting a small file system needs privileges.");
        using var store = new SqliteHarness(folder: Path.Combine(disk.Path, "data"));
        var accepted = new List<RunId>();
        string ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[2 << 20]);

        int refused = 0;
        for (int i = 0; i < 400 && refused < 20; i++)
        {
            try
            {
                accepted.Add((await store.SubmitAsync(Large(store, 32 << 10))).Id);
            }
            catch (StoreUnavailableException)
            {
                refused++;
            }
        }

        Assert.Equal(20, refused);
        Assert.NotEmpty(accepted);
        File.Delete(ballast);
        accepted.Add((await store.SubmitAsync(Large(store, 32 << 10))).Id);
        store.Reopen();
        RunPage page = await store.Runs.ListAsync(new RunFilter(Some.Project), null, 1000, default);
        Assert.Equal(accepted.ToHashSet(), page.Runs.Select(r => r.Id).ToHashSet());
    }

    [Fact]
    public async Task Broken_connection_fails_its_group_and_is_replaced()
    {
        using var store = new SqliteHarness();
        SqliteDatabase database = store.Get<SqliteDatabase>();
        RunId before = await store.SubmitAsync();
        using var hold = new HeldWriter(database);
        Task<RunId> inGroup = store.SubmitAsync(new FunctionId(Some.App, "in-group"));
        Task<int> failing = database.WriteAsync<int>(_ => throw new SqliteException("disk I/O error", 10), default).AsTask();
        hold.Release();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => failing);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => inGroup);

        RunId after = await store.SubmitAsync(new FunctionId(Some.App, "in-group"));
        Assert.Equal(RunState.Queued, (await store.InfoAsync(after)).State);
        Assert.Equal(RunState.Queued, (await store.InfoAsync(before)).State);
        Assert.Equal(2, (await store.Runs.DepthsAsync(default)).Sum(d => d.Queued));
    }

    [Fact]
    public async Task Full_queue_refuses_submissions_at_once_but_takes_settlements()
    {
        using var store = new SqliteHarness(o => o.SubmitQueueLimit = 3);
        RunId id = await store.SubmitAsync();
        ClaimedRun run = await store.ClaimAsync(id);
        using var hold = new HeldWriter(store.Get<SqliteDatabase>());
        Task<RunId>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => store.SubmitAsync())];

        ValueTask<SubmitResult> refused = store.Runs.SubmitAsync(Some.Run(store.Time), default);
        Assert.True(refused.IsFaulted);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => refused.AsTask());
        Task<bool> settled = store.SettleAsync(Settlement.Succeeded(id, run.Lease, Some.Response(200, "")));
        hold.Release();

        Assert.True(await settled);
        await Task.WhenAll(waiting);
        await store.SubmitAsync();
    }

    [Fact]
    public async Task Queue_is_bounded_in_bytes_too()
    {
        using var store = new SqliteHarness(o => o.SubmitQueueBytes = 1 << 20);
        using var hold = new HeldWriter(store.Get<SqliteDatabase>());
        Task<SubmitResult> first = store.SubmitAsync(Large(store, 700 << 10)).AsTask();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.SubmitAsync(Large(store, 700 << 10)).AsTask());

        hold.Release();
        await first;
    }

    [Fact]
    public async Task Close_commits_what_is_queued()
    {
        using var store = new SqliteHarness();
        using var hold = new HeldWriter(store.Get<SqliteDatabase>());
        Task<RunId>[] queued = [.. Enumerable.Range(0, 50).Select(_ => store.SubmitAsync())];

        Task closing = Task.Run(store.Close);
        hold.Release();
        await closing;

        RunId[] ids = await Task.WhenAll(queued);
        store.Reopen();
        Assert.Equal(ids.ToHashSet(), (await store.Runs.ListAsync(new RunFilter(Some.Project), null, 100, default)).Runs.Select(r => r.Id).ToHashSet());
    }

    [Fact]
    public async Task Caller_that_leaves_while_it_waits_leaves_no_run()
    {
        using var store = new SqliteHarness();
        using var leaving = new CancellationTokenSource();
        using var hold = new HeldWriter(store.Get<SqliteDatabase>());
        NewRun run = Some.Run(store.Time);
        Task<SubmitResult> left = store.Runs.SubmitAsync(run, leaving.Token).AsTask();
        Task<RunId> stays = store.SubmitAsync();
        await leaving.CancelAsync();
        hold.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(RunState.Queued, (await store.InfoAsync(await stays)).State);
        Assert.Null(await store.Runs.GetAsync(Some.Project, run.Id, default));
    }

    private static async Task RefusedAsync(SqliteHarness store, int bytes)
    {
        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.SubmitAsync(Large(store, bytes)).AsTask());
        }
    }

    private static NewRun Large(SqliteHarness store, int bytes)
    {
        NewRun run = Some.Run(store.Time);
        return run with { Request = run.Request with { Body = new byte[bytes] } };
    }

    private static int LimitPages(WriteSession session, int pages)
    {
        session.Connection.Execute($"pragma max_page_count = {pages}");
        return 0;
    }

    // Keeps the writer busy, so that what comes now waits and then goes in one group.
    private sealed class HeldWriter : IDisposable
    {
        private readonly ManualResetEventSlim _release = new();
        private readonly Task<int> _holding;

        public HeldWriter(SqliteDatabase database)
        {
            using var held = new ManualResetEventSlim();
            _holding = database.WriteAsync(
                _ =>
                {
                    held.Set();
                    _release.Wait();
                    return 0;
                },
                default).AsTask();
            held.Wait();
        }

        public void Release() => _release.Set();

        public void Dispose()
        {
            Release();
            _holding.GetAwaiter().GetResult();
            _release.Dispose();
        }
    }

    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

        public static SmallDisk? TryMount()
        {
            if (!OperatingSystem.IsLinux())
            {
                return null;
            }

            string path = Directory.CreateTempSubdirectory("intercluster-small-").FullName;
            if (Run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", path) == 0)
            {
                return new SmallDisk(path);
            }

            Directory.Delete(path);
            return null;
        }

        public void Dispose()
        {
            Run("umount", Path);
            Directory.Delete(Path);
        }

        private static int Run(string command, params string[] arguments)
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return -1;
            }
        }
    }
}
