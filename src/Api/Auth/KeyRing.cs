using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Auth;

/// <summary>
/// The keys of all projects, in memory: an immutable snapshot that readers take without a lock and that its writers replace. Looking up a key, known
/// or not, is never I/O.
/// </summary>
internal sealed class KeyRing
{
    private readonly Lock _writing = new();
    private volatile Dictionary<(string Project, string KeyId), VerificationKey> _snapshot = [];
    private long _version;

    /// <summary>Grows with every key that is put in; see <see cref="Merge"/>.</summary>
    public long Version => Volatile.Read(ref _version);

    public int Count => _snapshot.Count;

    /// <summary>The projects that have a key.</summary>
    public IEnumerable<string> Projects => _snapshot.Keys.Select(k => k.Project).Distinct();

    public bool TryGet(string project, string keyId, [NotNullWhen(true)] out VerificationKey? key) =>
        _snapshot.TryGetValue((project, keyId), out key);

    /// <summary>Puts a key in force at once, or takes it out of force when it is revoked.</summary>
    public void Put(ProjectKey key)
    {
        lock (_writing)
        {
            if (!TryKeep_NeedsLock(key, out _))
            {
                _snapshot = new(_snapshot) { [(key.Project, key.Id)] = Add_NeedsLock(key) };
            }
        }
    }

    /// <summary>
    /// Takes over a reading of the store that began when the ring was at <paramref name="asOf"/>: a key that came later is not missed because
    /// the reading does not have it. A key that is gone from the store is revoked.
    /// </summary>
    public void Merge(IReadOnlyList<ProjectKey> stored, long asOf)
    {
        lock (_writing)
        {
            var next = new Dictionary<(string, string), VerificationKey>(stored.Count);
            foreach (ProjectKey key in stored)
            {
                next[(key.Project, key.Id)] = TryKeep_NeedsLock(key, out VerificationKey? kept) ? kept : Add_NeedsLock(key);
            }

            foreach ((var id, VerificationKey key) in _snapshot)
            {
                if (!next.ContainsKey(id) && key.Version > asOf)
                {
                    next[id] = key;
                }
                else if (!next.ContainsKey(id))
                {
                    key.Revoke();
                }
            }

            _snapshot = next;
        }
    }

    private bool TryKeep_NeedsLock(ProjectKey key, [NotNullWhen(true)] out VerificationKey? kept)
    {
        if (!_snapshot.TryGetValue((key.Project, key.Id), out kept))
        {
            return false;
        }

        if (key.RevokedAt is not null)
        {
            kept.Revoke();
        }

        return true;
    }

    private VerificationKey Add_NeedsLock(ProjectKey key) => new(key, Interlocked.Increment(ref _version));
}
