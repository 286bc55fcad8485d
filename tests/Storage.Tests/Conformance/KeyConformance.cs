using InterCluster.Core.Identity;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class KeyConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task Add_stores_the_whole_key()
    {
        ProjectKey key = Key("k1") with { Scopes = Scopes.Admin };

        await Keys.AddAsync(key, default);

        ProjectKey stored = Assert.Single(await Keys.ListAsync(Some.Project, default));
        Assert.Equal(key.PublicKey.ToArray(), stored.PublicKey.ToArray());
        Assert.Equal(key with { PublicKey = default }, stored with { PublicKey = default });
    }

    [Fact]
    public async Task Add_of_a_taken_id_is_refused_within_the_project_only()
    {
        await Keys.AddAsync(Key("k1"), default);
        await Keys.AddAsync(Key("k1") with { Project = "p-two" }, default);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Keys.AddAsync(Key("k1"), default).AsTask());

        Assert.Equal(2, (await Keys.ListAsync(null, default)).Count);
    }

    [Fact]
    public async Task Revoke_keeps_the_time_of_the_first()
    {
        await Keys.AddAsync(Key("k1"), default);
        DateTimeOffset first = Time.GetUtcNow();

        Assert.Equal(first, (await Keys.RevokeAsync(Some.Project, "k1", default))?.RevokedAt);
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(first, (await Keys.RevokeAsync(Some.Project, "k1", default))?.RevokedAt);

        Assert.Null(await Keys.RevokeAsync("p-two", "k1", default));
        Assert.Equal(first, Assert.Single(await Keys.ListAsync(Some.Project, default)).RevokedAt);
    }

    [Fact]
    public async Task List_is_newest_first_of_one_project_or_all()
    {
        await Keys.AddAsync(Key("old"), default);
        await Keys.AddAsync(Key("other") with { Project = "p-two", IssuedAt = StoreHarness.Start.AddMinutes(1) }, default);
        await Keys.AddAsync(Key("new") with { IssuedAt = StoreHarness.Start.AddMinutes(2) }, default);

        Assert.Equal(["new", "old"], (await Keys.ListAsync(Some.Project, default)).Select(k => k.Id));
        Assert.Equal(["new", "other", "old"], (await Keys.ListAsync(null, default)).Select(k => k.Id));
    }

    [Fact]
    public async Task Secret_is_made_once()
    {
        int made = 0;

        byte[][] secrets = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(
            () => Keys.GetOrCreateSecretAsync("token", () => [(byte)Interlocked.Increment(ref made), 7], default).AsTask())));

        Assert.Equal(1, made);
        Assert.All(secrets, s => Assert.Equal([1, 7], s));
        Assert.Equal([9], await Keys.GetOrCreateSecretAsync("other", () => [9], default));
    }

    [Fact]
    public async Task Secret_that_cannot_be_made_fails_its_caller_alone()
    {
        Task<byte[]> bad = Keys.GetOrCreateSecretAsync("bad", () => throw new NotSupportedException("no curve"), default).AsTask();
        Task<byte[]> good = Keys.GetOrCreateSecretAsync("good", () => [1], default).AsTask();

        await Assert.ThrowsAsync<NotSupportedException>(() => bad);
        Assert.Equal([1], await good);
        Assert.Equal([2], await Keys.GetOrCreateSecretAsync("bad", () => [2], default));
    }

    private static ProjectKey Key(string id) => new()
    {
        Id = id, Project = Some.Project, Name = "laptop", Scopes = Scopes.Invoke | Scopes.Read, PublicKey = new byte[] { 1, 2, 3 },
        IssuedAt = StoreHarness.Start, ExpiresAt = StoreHarness.Start.AddDays(90),
    };
}
