using InterCluster.Core;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Tests.Harness;
using Microsoft.Data.Sqlite;

namespace InterCluster.Storage.Tests.Sqlite;

public sealed class DataFileTests
{
    [Fact]
    public void Second_server_on_the_folder_is_refused_and_told_why()
    {
        using var first = new SqliteHarness();
        _ = first.Runs;
        using var second = new SqliteHarness(folder: first.Folder);

        IOException refusal = Assert.Throws<IOException>(() => second.Runs);

        Assert.Contains($"'{first.Folder}' is in use by another server (process {Environment.ProcessId})", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("InterCluster:Storage:DataFolder", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_and_files_are_for_their_owner_only()
    {
        using var store = new SqliteHarness();
        await store.SubmitAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(store.Folder).UnixFileMode);
        FileInfo[] files = new DirectoryInfo(store.Folder).GetFiles();
        Assert.Contains("intercluster.db-wal", files.Select(f => f.Name));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode));
    }

    [Fact]
    public async Task Commits_are_synced_through_a_write_ahead_log()
    {
        using var store = new SqliteHarness();

        (string mode, long synchronous) = await store.Get<SqliteDatabase>().WriteAsync(
            s => (Text(s.Connection, "pragma journal_mode"), Number(s.Connection, "pragma synchronous")), default);

        Assert.Equal(("wal", 2L), (mode, synchronous));
    }

    [Fact]
    public async Task Close_leaves_one_file_that_opens_with_everything_in_it()
    {
        using var store = new SqliteHarness();
        RunId id = await store.SubmitAsync();
        byte[] secret = await store.Keys.GetOrCreateSecretAsync("s", () => [1, 2], default);

        store.Close();
        Assert.False(File.Exists(store.File + "-wal"));
        store.Reopen();

        Assert.Equal(RunState.Queued, (await store.InfoAsync(id)).State);
        Assert.Equal(secret, await store.Keys.GetOrCreateSecretAsync("s", () => [3], default));
        Assert.Equal([new FunctionDepth(Some.Function, 0, 1, 0)], await store.Runs.DepthsAsync(default));
    }

    [Fact]
    public async Task Leases_of_the_process_before_end_with_it()
    {
        using var store = new SqliteHarness();
        RunId id = await store.SubmitAsync();
        ClaimedRun run = await store.ClaimAsync(id);

        store.Reopen();

        Assert.Equal([false], await store.Runs.RenewAsync([new(id, run.Lease)], Some.Lease, default));
        Assert.Equal(1, (await store.Runs.SweepAsync(3, 10, default)).Expired);
    }

    [Fact]
    public async Task Data_of_a_newer_server_is_refused()
    {
        using var store = new SqliteHarness();
        await store.SubmitAsync();
        store.Close();
        using (var connection = new SqliteConnection($"Data Source={store.File};Pooling=false"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "pragma user_version = 9999";
            command.ExecuteNonQuery();
        }

        store.Reopen();

        Assert.Contains("9999", Assert.Throws<InvalidOperationException>(() => store.Runs).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_store_is_unavailable()
    {
        using var store = new SqliteHarness();
        IRunStore runs = store.Runs;
        store.Close();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => runs.SubmitAsync(Some.Run(store.Time), default).AsTask());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => runs.GetAsync(Some.Project, RunId.New(store.Time), default).AsTask());
    }

    private static string Text(SqliteSession session, string pragma)
    {
        using Statement row = session.Use(new Sql(pragma));
        row.Step();
        return row.Text(0);
    }

    private static long Number(SqliteSession session, string pragma)
    {
        using Statement row = session.Use(new Sql(pragma));
        row.Step();
        return row.Long(0);
    }
}
