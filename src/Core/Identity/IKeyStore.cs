namespace InterCluster.Core.Identity;

/// <summary>The durable record of keys. Every write is on disk when its task completes; one that cannot be fails with <see cref="StoreUnavailableException"/>.</summary>
public interface IKeyStore
{
    /// <summary>
    /// Raised when keys have changed, here or by another server, or may have: whoever keeps them in memory reads them again. A help, not a promise.
    /// Handlers must not block.
    /// </summary>
    event Action? Changed;

    /// <summary>Adds a key.</summary>
    ValueTask AddAsync(ProjectKey key, CancellationToken ct);

    /// <summary>Marks a key revoked and returns it; null when the project has no such key. A second revocation keeps the first's time.</summary>
    ValueTask<ProjectKey?> RevokeAsync(string project, string keyId, CancellationToken ct);

    /// <summary>The keys of a project, or (null) of all, newest first; revoked and expired ones too.</summary>
    ValueTask<IReadOnlyList<ProjectKey>> ListAsync(string? project, CancellationToken ct);

    /// <summary>
    /// A secret of the server itself (PKCS#8 DER), made by <paramref name="create"/> the first time. The data file is readable by its owner only.
    /// </summary>
    ValueTask<byte[]> GetOrCreateSecretAsync(string name, Func<byte[]> create, CancellationToken ct);
}
