using System.Collections.Concurrent;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Tests.Auth;

/// <summary>A key store with the behaviour of the real ones, in memory; it counts its reads and can be away.</summary>
internal sealed class InMemoryKeyStore(TimeProvider time) : IKeyStore
{
    private readonly ConcurrentDictionary<(string, string), ProjectKey> _keys = new();
    private readonly ConcurrentDictionary<string, byte[]> _secrets = new();

    public int Reads { get; private set; }

    public bool Away { get; set; }

    public event Action? Changed;

    /// <summary>As if another server had changed keys.</summary>
    public void TellOfChange() => Changed?.Invoke();

    public ValueTask AddAsync(ProjectKey key, CancellationToken ct)
    {
        ThrowIfAway();
        Assert.True(_keys.TryAdd((key.Project, key.Id), key));
        return ValueTask.CompletedTask;
    }

    public ValueTask<ProjectKey?> RevokeAsync(string project, string keyId, CancellationToken ct)
    {
        ThrowIfAway();
        if (!_keys.TryGetValue((project, keyId), out ProjectKey? key))
        {
            return new((ProjectKey?)null);
        }

        key = key with { RevokedAt = key.RevokedAt ?? time.GetUtcNow() };
        _keys[(project, keyId)] = key;
        return new(key);
    }

    public ValueTask<IReadOnlyList<ProjectKey>> ListAsync(string? project, CancellationToken ct)
    {
        ThrowIfAway();
        Reads++;
        return new([.. _keys.Values.Where(k => project is null || k.Project == project).OrderByDescending(k => k.IssuedAt)]);
    }

    public ValueTask<byte[]> GetOrCreateSecretAsync(string name, Func<byte[]> create, CancellationToken ct)
    {
        ThrowIfAway();
        return new(_secrets.GetOrAdd(name, _ => create()));
    }

    private void ThrowIfAway()
    {
        if (Away)
        {
            throw new IOException("The store is away.");
        }
    }
}
