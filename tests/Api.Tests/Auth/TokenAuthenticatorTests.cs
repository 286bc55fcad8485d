using System.Diagnostics;
using CsCheck;
using InterCluster.Api.Auth;
using InterCluster.Api.Keys;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Tests.Auth;

public sealed class TokenAuthenticatorTests : IDisposable
{
    private readonly IdentityBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task An_issued_token_names_its_caller()
    {
        IssuedKey issued = await _bench.IssueAsync("p-one", Scopes.Invoke | Scopes.Read);

        Caller? caller = await _bench.VerifyAsync(issued.Token);

        Assert.Equal(
            new Caller { Project = "p-one", KeyId = issued.Key.Id, Name = "tests", Scopes = Scopes.Invoke | Scopes.Read }, caller);
    }

    [Fact]
    public async Task A_token_signed_by_the_forge_is_valid_when_nothing_is_wrong_with_it()
    {
        // Without this, every attack below could fail for another reason than the one it is about.
        ForgeKey key = _bench.AddForgeKey();

        Assert.NotNull(await _bench.VerifyAsync(key.Sign()));
    }

    [Fact]
    public async Task Every_attack_is_refused_and_none_is_remembered()
    {
        ForgeKey key = _bench.AddForgeKey("p-one", "k-forge");
        ForgeKey other = _bench.AddForgeKey("p-two", "k-two");
        var let = new List<string>();
        foreach ((string name, string token) in Attacks.All(key, other))
        {
            if (await _bench.VerifyAsync(token) is not null)
            {
                let.Add(name);
            }
        }

        Assert.Empty(let);
        Assert.Equal(0, _bench.Remembered.Count);
        Assert.Equal(0, _bench.Store.Reads);
    }

    [Fact] // I38
    public async Task Random_changes_of_a_good_token_are_refused_and_never_throw()
    {
        ForgeKey key = _bench.AddForgeKey();
        string good = key.Sign();
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Char, Gen.Int[0, 5]).SampleAsync(async change =>
        {
            (int at, char with, int remove) = change;
            string token = good.Remove(at, Math.Min(remove, good.Length - at)).Insert(at, with.ToString());
            Assert.True(token == good || await _bench.VerifyAsync(token) is null);
        }, iter: 3000, threads: 2);
    }

    [Fact] // I38
    public async Task Random_claims_that_are_well_signed_never_throw()
    {
        ForgeKey key = _bench.AddForgeKey();
        byte[] good = System.Text.Encoding.UTF8.GetBytes(key.GoodClaims);
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Char[(char)1, (char)0x2FF]).SampleAsync(async change =>
        {
            string claims = key.GoodClaims.Remove(change.Item1, 1).Insert(change.Item1, change.Item2.ToString());
            Caller? caller = await _bench.VerifyAsync(key.Sign(claims: claims));
            Assert.True(caller is null or { Project: "p-one" });
        }, iter: 2000, threads: 2);
    }

    [Fact] // J04
    public async Task The_same_key_id_in_two_projects_is_two_keys()
    {
        ForgeKey one = _bench.AddForgeKey("p-one", "k-same");
        ForgeKey two = _bench.AddForgeKey("p-two", "k-same");

        Assert.Equal("p-one", (await _bench.VerifyAsync(one.Sign()))!.Project);
        Assert.Equal("p-two", (await _bench.VerifyAsync(two.Sign()))!.Project);
        Assert.Null(await _bench.VerifyAsync(one.Sign(claims: one.Claims(project: "\"p-two\""))));
    }

    [Theory] // J05
    [InlineData(29, true)]
    [InlineData(30, false)]
    [InlineData(31, false)]
    public async Task A_token_is_good_until_30_seconds_after_its_end(int secondsPast, bool good)
    {
        IssuedKey issued = await _bench.IssueAsync(days: 1);
        _bench.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(secondsPast));

        Assert.Equal(good, await _bench.VerifyAsync(issued.Token) is not null);
    }

    [Theory] // J05, for a token that was verified before
    [InlineData(29, true)]
    [InlineData(30, false)]
    public async Task A_remembered_token_is_forgotten_30_seconds_after_its_end(int secondsPast, bool good)
    {
        IssuedKey issued = await _bench.IssueAsync(days: 1);
        Assert.NotNull(await _bench.VerifyAsync(issued.Token));
        _bench.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(secondsPast));

        Assert.Equal(good, _bench.Authenticator.TryRemembered("Bearer " + issued.Token, out _));
    }

    [Theory] // J06
    [InlineData(30, true)]
    [InlineData(31, false)]
    public async Task A_token_from_the_future_is_good_within_30_seconds(int ahead, bool good)
    {
        ForgeKey key = _bench.AddForgeKey();

        Assert.Equal(good, await _bench.VerifyAsync(key.Sign(claims: key.Claims(iat: $"{key.Now + ahead}"))) is not null);
        Assert.Equal(good, await _bench.VerifyAsync(key.Sign(claims: key.Claims(more: $",\"nbf\":{key.Now + ahead}"))) is not null);
    }

    [Theory] // J06
    [InlineData(400, true)]
    [InlineData(401, false)]
    public async Task A_project_token_lives_400_days_at_most(int days, bool good)
    {
        ForgeKey key = _bench.AddForgeKey();

        Assert.Equal(good, await _bench.VerifyAsync(key.Sign(claims: key.Claims(exp: $"{key.Now + (days * 86400)}"))) is not null);
    }

    [Fact]
    public async Task A_token_does_not_outlive_what_the_store_says_of_its_key()
    {
        ForgeKey key = _bench.AddForgeKey(days: 1);

        Assert.NotNull(await _bench.VerifyAsync(key.Sign(claims: key.Claims(exp: $"{key.Now + 86400}"))));
        Assert.Null(await _bench.VerifyAsync(key.Sign(claims: key.Claims(exp: $"{key.Now + 86401}"))));
    }

    [Fact] // J10
    public async Task Refusing_a_large_or_odd_token_takes_less_than_a_millisecond()
    {
        ForgeKey key = _bench.AddForgeKey();
        string[] odd = [new string('.', 200), new string('a', 1 << 20), key.Sign(claims: key.Claims(scope: $"\"{string.Join(' ', Enumerable.Repeat("nothing", 600))}\""))];
        Assert.InRange(odd[2].Length, 6000, 8192);
        foreach (string header in odd.Select(token => "Bearer " + token))
        {
            TimeSpan best = TimeSpan.MaxValue;
            for (int i = 0; i < 50; i++)
            {
                long start = Stopwatch.GetTimestamp();
                Assert.Null(await _bench.Authenticator.VerifyAsync(header, default));
                TimeSpan took = Stopwatch.GetElapsedTime(start);
                best = took < best ? took : best;
            }

            Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact] // J11
    public async Task A_revoked_key_counts_no_more_from_that_moment_on()
    {
        IssuedKey issued = await _bench.IssueAsync();
        Assert.NotNull(await _bench.VerifyAsync(issued.Token));

        await _bench.Keys.RevokeAsync("p-one", issued.Key.Id, default);

        Assert.False(_bench.Authenticator.TryRemembered("Bearer " + issued.Token, out _));
        Assert.Null(await _bench.VerifyAsync(issued.Token));
    }

    [Fact] // J12
    public async Task Both_keys_are_good_while_a_rotation_overlaps_and_the_old_one_not_after()
    {
        IssuedKey old = await _bench.IssueAsync(scopes: Scopes.Invoke, days: 7);
        RotateResult rotated = await _bench.Keys.RotateAsync("p-one", old.Key.Id, null, default);

        Assert.NotNull(await _bench.VerifyAsync(old.Token));
        Caller? fresh = await _bench.VerifyAsync(rotated.New!.Token);
        Assert.Equal((old.Key.Name, Scopes.Invoke), (fresh!.Name, fresh.Scopes));
        Assert.Equal(TimeSpan.FromDays(7), rotated.New.Key.ExpiresAt - rotated.New.Key.IssuedAt);

        await _bench.Keys.RevokeAsync("p-one", old.Key.Id, default);
        Assert.Null(await _bench.VerifyAsync(old.Token));
        Assert.NotNull(await _bench.VerifyAsync(rotated.New.Token));
    }

    [Theory] // J13
    [InlineData("Bearer ", true)]
    [InlineData("bearer ", true)]
    [InlineData("BEARER ", true)]
    [InlineData("Bearer  ", false)]
    [InlineData("Bearer\t", false)]
    [InlineData("Basic ", false)]
    [InlineData("", false)]
    [InlineData(" Bearer ", false)]
    public async Task The_scheme_is_bearer_in_any_case_with_one_space(string scheme, bool good)
    {
        IssuedKey issued = await _bench.IssueAsync();

        Assert.Equal(good, await _bench.Authenticator.VerifyAsync(scheme + issued.Token, default) is not null);
        Assert.Equal(good, _bench.Authenticator.TryRemembered(scheme + issued.Token, out _));
    }

    [Fact]
    public async Task A_token_has_no_more_scopes_than_its_key()
    {
        ForgeKey key = _bench.AddForgeKey("p-one", "k-forge");
        _bench.Ring.Merge([_bench.Ring.TryGet("p-one", "k-forge", out VerificationKey? old) ? old.Key : null!], 0);
        IssuedKey narrow = await _bench.IssueAsync(scopes: Scopes.Invoke);

        Assert.Equal(Scopes.Invoke, (await _bench.VerifyAsync(narrow.Token))!.Scopes);
        Assert.Equal(Scopes.Admin, (await _bench.VerifyAsync(key.Sign(claims: key.Claims(scope: "\"admin\""))))!.Scopes);
    }

    [Fact]
    public async Task An_app_token_names_the_app_of_any_project()
    {
        string token = _bench.Apps.Issue(new AppId("p-any", "caption"), TimeSpan.FromHours(1));

        Caller? caller = await _bench.VerifyAsync(token);

        Assert.Equal(("p-any", "app:caption", ScopeNames.Default), (caller!.Project, caller.Name, caller.Scopes));
        Assert.False(caller.May(Scopes.Admin, "p-any"));
        _bench.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(30));
        Assert.Null(await _bench.VerifyAsync(token));
    }

    [Fact]
    public void An_app_token_lives_24_hours_at_most()
    {
        Assert.NotEmpty(_bench.Apps.Issue(new AppId("p-any", "caption"), TimeSpan.FromHours(24)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bench.Apps.Issue(new AppId("p-any", "caption"), TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task The_admin_key_is_its_holder_and_nothing_near_it_is()
    {
        string admin = "Bearer " + _bench.AdminText;
        string near = admin[..^1] + (admin[^1] == 'A' ? 'B' : 'A');

        Assert.True(_bench.Authenticator.TryRemembered(admin, out Caller? caller));
        Assert.True(caller.IsServerAdmin && caller.May(Scopes.Admin, "p-any"));
        foreach (string wrong in new[] { near, admin[..^1], admin + "A", "Bearer ic-admin-", "Basic " + _bench.AdminText })
        {
            Assert.False(_bench.Authenticator.TryRemembered(wrong, out _));
            Assert.Null(await _bench.Authenticator.VerifyAsync(wrong, default));
        }
    }

    [Fact]
    public async Task Telling_a_remembered_caller_allocates_nothing()
    {
        IssuedKey issued = await _bench.IssueAsync();
        string header = "Bearer " + issued.Token;
        Assert.NotNull(await _bench.Authenticator.VerifyAsync(header, default));
        string admin = "Bearer " + _bench.AdminText;
        Ask(header, admin, 10_000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int hits = Ask(header, admin, 1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2000, hits);
    }

    [Fact]
    public async Task Tokens_that_are_remembered_are_bounded_and_a_dropped_one_is_verified_again()
    {
        using var bench = new IdentityBench(capacity: 100);
        var tokens = new List<string>();
        for (int i = 0; i < 250; i++)
        {
            tokens.Add(bench.Apps.Issue(new AppId("p-any", $"app-{i}"), TimeSpan.FromHours(1)));
            Assert.NotNull(await bench.VerifyAsync(tokens[^1]));
            Assert.InRange(bench.Remembered.Count, 1, 100);
        }

        foreach (string token in tokens)
        {
            Assert.NotNull(await bench.VerifyAsync(token));
        }
    }

    [Fact]
    public async Task Many_threads_get_the_right_callers_while_keys_come_and_go()
    {
        IssuedKey[] issued = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _bench.IssueAsync($"p-{i}")));
        await Parallel.ForAsync(0, 4000, async (i, ct) =>
        {
            IssuedKey key = issued[i % issued.Length];
            if (i % 400 == 399)
            {
                await _bench.IssueAsync("p-more");
            }

            Caller? caller = _bench.Authenticator.TryRemembered("Bearer " + key.Token, out Caller? known) ? known : await _bench.VerifyAsync(key.Token);
            Assert.Equal((key.Key.Project, key.Key.Id), (caller!.Project, caller.KeyId));
        });
    }

    private int Ask(string header, string admin, int times)
    {
        int hits = 0;
        for (int i = 0; i < times; i++)
        {
            hits += _bench.Authenticator.TryRemembered(header, out _) ? 1 : 0;
            hits += _bench.Authenticator.TryRemembered(admin, out _) ? 1 : 0;
        }

        return hits;
    }
}
