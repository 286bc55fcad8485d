using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;

namespace InterCluster.Api.Routing;

/// <summary>
/// The routes of all deployed apps: an immutable snapshot that follows the catalog. A lookup hashes one slice of the raw path, allocates
/// nothing and costs the same with ten apps and with ten thousand.
/// </summary>
internal sealed class RouteTable : IDisposable
{
    private readonly Lock _writing = new();
    private readonly IAppCatalog _catalog;
    private readonly IAdmissionDirectory _admissions;
    private volatile Dictionary<string, AppRoute> _snapshot = new(StringComparer.Ordinal);

    public RouteTable(IAppCatalog catalog, IAdmissionDirectory admissions)
    {
        _catalog = catalog;
        _admissions = admissions;
        catalog.Changed += Apply;
        foreach (Revision revision in catalog.All)
        {
            Apply(new AppChange(revision.App, revision));
        }
    }

    /// <summary>Finds the route of <c>project/app</c>.</summary>
    public bool TryFind(ReadOnlySpan<char> key, [NotNullWhen(true)] out AppRoute? route) =>
        _snapshot.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out route);

    public void Dispose() => _catalog.Changed -= Apply;

    private void Apply(AppChange change)
    {
        lock (_writing)
        {
            string key = change.App.ToString();
            var next = new Dictionary<string, AppRoute>(_snapshot, StringComparer.Ordinal);
            if (change.Revision is { } revision)
            {
                IAdmission admission = _admissions.GetOrAdd(revision.App, AdmissionPolicy.From(revision.Config.Scaling));
                next[key] = new AppRoute(revision, admission);
            }
            else
            {
                next.Remove(key);
            }

            _snapshot = next;
        }
    }
}
