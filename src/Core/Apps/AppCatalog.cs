using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Apps;

/// <summary>The catalog itself: an immutable snapshot, swapped by its one writer.</summary>
public sealed class AppCatalog : IHomeCatalog
{
    private readonly Lock _writing = new();
    private volatile Dictionary<AppId, Revision> _snapshot = [];

    /// <inheritdoc/>
    public event Action<AppChange>? Changed;

    /// <inheritdoc/>
    public IReadOnlyCollection<Revision> All => _snapshot.Values;

    /// <inheritdoc/>
    public bool TryGet(AppId app, [NotNullWhen(true)] out Revision? revision) => _snapshot.TryGetValue(app, out revision);

    /// <summary>Puts a revision in force. An older revision than the one in force is ignored.</summary>
    public void Put(Revision revision)
    {
        lock (_writing)
        {
            if (_snapshot.TryGetValue(revision.App, out Revision? current) && current.Number >= revision.Number)
            {
                return;
            }

            var next = new Dictionary<AppId, Revision>(_snapshot) { [revision.App] = revision };
            _snapshot = next;
            Changed?.Invoke(new AppChange(revision.App, revision));
        }
    }

    /// <summary>Takes an app out; nothing happens when it is not there.</summary>
    public void Remove(AppId app)
    {
        lock (_writing)
        {
            var next = new Dictionary<AppId, Revision>(_snapshot);
            if (next.Remove(app))
            {
                _snapshot = next;
                Changed?.Invoke(new AppChange(app, null));
            }
        }
    }

    /// <summary>Puts all at once: for the start.</summary>
    public void Load(IEnumerable<Revision> revisions)
    {
        lock (_writing)
        {
            _snapshot = revisions.ToDictionary(r => r.App);
            foreach (Revision revision in _snapshot.Values)
            {
                Changed?.Invoke(new AppChange(revision.App, revision));
            }
        }
    }
}
