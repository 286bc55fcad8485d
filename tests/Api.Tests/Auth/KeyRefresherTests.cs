using System.Runtime.Versioning;
using InterCluster.Api.Auth;
using InterCluster.Api.Keys;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Tests.Auth;

[UnsupportedOSPlatform("windows")]
public sealed class KeyRefresherTests : IDisposable
{
    private readonly IdentityBench _bench = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ic-identity-");

    private string AdminFile => Path.Combine(_folder.FullName, "data", "admin-key");

    public void Dispose()
    {
        _bench.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact] // J11, another process
    public async Task A_revocation_by_another_process_counts_after_one_refresh()
    {
        IssuedKey issued = await _bench.IssueAsync();
        Assert.NotNull(await _bench.VerifyAsync(issued.Token));
        using KeyRefresher refresher = _bench.Refresher(AdminFile);
        await _bench.Store.RevokeAsync("p-one", issued.Key.Id, default);
        Assert.True(_bench.Authenticator.TryRemembered("Bearer " + issued.Token, out _));

        await refresher.RunOnceAsync(default);

        Assert.False(_bench.Authenticator.TryRemembered("Bearer " + issued.Token, out _));
        Assert.Null(await _bench.VerifyAsync(issued.Token));
    }

    [Fact]
    public async Task An_admin_key_that_is_given_is_the_only_one_and_makes_no_file()
    {
        string shared = AdminKey.Generate();
        using KeyRefresher refresher = _bench.Refresher(AdminFile, shared);

        await refresher.StartAsync(default);

        Assert.True(_bench.Authenticator.TryRemembered("Bearer " + shared, out Caller? admin) && admin.IsServerAdmin);
        Assert.False(_bench.Authenticator.TryRemembered("Bearer " + _bench.AdminText, out _));
        Assert.False(File.Exists(AdminFile));
        await refresher.StopAsync(default);
    }

    [Fact]
    public async Task A_key_that_another_process_issued_is_known_after_one_refresh()
    {
        using var other = new IdentityBench();
        IssuedKey issued = await other.IssueAsync();
        await _bench.Store.AddAsync(issued.Key, default);
        Assert.Null(await _bench.VerifyAsync(issued.Token));
        using KeyRefresher refresher = _bench.Refresher(AdminFile);

        await refresher.RunOnceAsync(default);

        Assert.NotNull(await _bench.VerifyAsync(issued.Token));
    }

    [Fact]
    public async Task A_reading_that_is_older_than_a_key_does_not_take_it_away()
    {
        long asOf = _bench.Ring.Version;
        IssuedKey issued = await _bench.IssueAsync();

        _bench.Ring.Merge([], asOf);
        Assert.NotNull(await _bench.VerifyAsync(issued.Token));

        _bench.Ring.Merge([], _bench.Ring.Version);
        Assert.Null(await _bench.VerifyAsync(issued.Token));
        Assert.False(_bench.Authenticator.TryRemembered("Bearer " + issued.Token, out _));
    }

    [Fact]
    public async Task A_reading_that_is_older_than_a_revocation_does_not_undo_it()
    {
        IssuedKey issued = await _bench.IssueAsync();
        await _bench.Keys.RevokeAsync("p-one", issued.Key.Id, default);

        _bench.Ring.Merge([issued.Key], _bench.Ring.Version);

        Assert.Null(await _bench.VerifyAsync(issued.Token));
    }

    [Fact]
    public async Task While_the_store_is_away_known_keys_stay_in_force_and_the_process_is_not_ready()
    {
        IssuedKey issued = await _bench.IssueAsync();
        using KeyRefresher refresher = _bench.Refresher(AdminFile);
        await refresher.StartAsync(default);
        Assert.Null(_bench.Readiness.NotReady);

        _bench.Store.Away = true;
        await Assert.ThrowsAsync<IOException>(() => refresher.RunOnceAsync(default));
        await SpinAsync(() =>
        {
            _bench.Time.Advance(TimeSpan.FromSeconds(5));
            return _bench.Readiness.NotReady is not null;
        });
        Assert.NotNull(await _bench.VerifyAsync(issued.Token));

        _bench.Store.Away = false;
        await SpinAsync(() =>
        {
            _bench.Time.Advance(TimeSpan.FromSeconds(5));
            return _bench.Readiness.NotReady is null;
        });
        await refresher.StopAsync(default);
    }

    [Fact]
    public async Task The_start_makes_an_admin_key_that_only_its_owner_can_read_and_keeps_it()
    {
        using KeyRefresher first = _bench.Refresher(AdminFile);
        await first.StartAsync(default);
        await first.StopAsync(default);
        string text = (await File.ReadAllTextAsync(AdminFile)).TrimEnd();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(AdminFile));
        Assert.StartsWith("ic-admin-", text, StringComparison.Ordinal);
        Assert.Equal(52, text.Length);
        Assert.True(_bench.Authenticator.TryRemembered("Bearer " + text, out _));

        using KeyRefresher second = _bench.Refresher(AdminFile);
        await second.StartAsync(default);
        await second.StopAsync(default);
        Assert.Equal(text, (await File.ReadAllTextAsync(AdminFile)).TrimEnd());
        Assert.Equal([AdminFile], Directory.GetFiles(Path.GetDirectoryName(AdminFile)!));
    }

    [Theory] // J20
    [InlineData("ic-admin-short", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData("", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData("ic-admin-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead)]
    [InlineData("ic-admin-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead)]
    public async Task The_start_is_refused_with_an_admin_key_that_cannot_be_trusted(string text, UnixFileMode mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(AdminFile)!);
        await File.WriteAllTextAsync(AdminFile, text);
        File.SetUnixFileMode(AdminFile, mode);
        using KeyRefresher refresher = _bench.Refresher(AdminFile);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => refresher.StartAsync(default));
        Assert.Contains(AdminFile, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_start_is_refused_while_the_store_is_away()
    {
        _bench.Store.Away = true;
        using KeyRefresher refresher = _bench.Refresher(AdminFile);

        await Assert.ThrowsAsync<IOException>(() => refresher.StartAsync(default));
    }

    /// <summary>Lets the loop's own continuations run until it has come round.</summary>
    private static async Task SpinAsync(Func<bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!reached())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
