using System.Security.Cryptography;
using InterCluster.Api.Auth;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Keys;

/// <summary>
/// Issues, lists, rotates and revokes the keys of projects. Each key is a key pair of its own: the private half signs one token and is forgotten.
/// </summary>
internal sealed class ProjectKeys(IKeyStore store, KeyRing ring, TimeProvider time)
{
    public const int DefaultLifetimeDays = 90;
    public const int MaxLifetimeDays = 400;

    /// <summary>Bounds what one project can take of the store and of every process's memory.</summary>
    public const int MaxLiveKeys = 1000;

    /// <summary>Issues a key; null when the project has as many live ones as it may have.</summary>
    public async ValueTask<IssuedKey?> IssueAsync(string project, string name, Scopes scopes, int lifetimeDays, CancellationToken ct)
    {
        IReadOnlyList<ProjectKey> keys = await store.ListAsync(project, ct);
        return keys.Count(k => StateOf(k) == "valid") >= MaxLiveKeys ? null : await AddAsync(project, name, scopes, TimeSpan.FromDays(lifetimeDays), ct);
    }

    public ValueTask<IReadOnlyList<ProjectKey>> ListAsync(string project, CancellationToken ct) => store.ListAsync(project, ct);

    /// <summary>In force in this process before it returns; elsewhere with the next refresh. Null when the project has no such key.</summary>
    public async ValueTask<ProjectKey?> RevokeAsync(string project, string keyId, CancellationToken ct)
    {
        ProjectKey? revoked = await store.RevokeAsync(project, keyId, ct);
        if (revoked is not null)
        {
            ring.Put(revoked);
        }

        return revoked;
    }

    /// <summary>
    /// Issues a second key with the name, the scopes and (unless given) the lifetime of the first, which stays valid until it is revoked or ends.
    /// </summary>
    public async ValueTask<RotateResult> RotateAsync(string project, string keyId, int? lifetimeDays, CancellationToken ct)
    {
        IReadOnlyList<ProjectKey> keys = await store.ListAsync(project, ct);
        ProjectKey? old = keys.FirstOrDefault(k => k.Id == keyId);
        if (old is null or { RevokedAt: not null })
        {
            return new RotateResult(old, null);
        }

        return new RotateResult(old, await IssueAsync(project, old.Name, old.Scopes, lifetimeDays ?? (int)(old.ExpiresAt - old.IssuedAt).TotalDays, ct));
    }

    public string StateOf(ProjectKey key) =>
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= time.GetUtcNow() ? "expired" : "valid";

    private async Task<IssuedKey> AddAsync(string project, string name, Scopes scopes, TimeSpan lifetime, CancellationToken ct)
    {
        // Off the caller's thread, which may be an I/O thread: making a key pair takes a while.
        IssuedKey issued = await Task.Run(() => Make(project, name, scopes, lifetime), ct);
        await store.AddAsync(issued.Key, ct);
        ring.Put(issued.Key);
        return issued;
    }

    private IssuedKey Make(string project, string name, Scopes scopes, TimeSpan lifetime)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string id = "k-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        long until = now + (long)lifetime.TotalSeconds;
        var key = new ProjectKey
        {
            Id = id,
            Project = project,
            Name = name,
            Scopes = scopes,
            PublicKey = pair.ExportSubjectPublicKeyInfo(),
            IssuedAt = DateTimeOffset.FromUnixTimeSeconds(now),
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(until),
        };
        var claims = new TokenClaims
        {
            Iss = TokenRules.Issuer,
            Aud = TokenRules.Audience,
            Sub = TokenRules.KeySubjectPrefix + id,
            Project = project,
            Scope = ScopeNames.ToClaim(scopes),
            Iat = now,
            Exp = until,
        };
        return new IssuedKey(key, TokenWriter.Write(pair, id, claims));
    }
}

/// <summary>A new key and its token, which is shown once.</summary>
internal sealed record IssuedKey(ProjectKey Key, string Token)
{
    /// <summary>Keeps the token out of whatever prints this.</summary>
    public override string ToString() => $"IssuedKey {Key.Id}";
}

/// <summary>What became of a rotation.</summary>
/// <param name="Old">The key that was to be rotated; null when there is none.</param>
/// <param name="New">The new one; null when the old one is revoked, or the project may have no more.</param>
internal readonly record struct RotateResult(ProjectKey? Old, IssuedKey? New);
