using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Apps;

/// <summary>
/// The apps that are deployed now, in memory: what every role reads. One owner (the control plane, or the store's watcher) writes it.
/// Readers never block and see a consistent snapshot.
/// </summary>
public interface IAppCatalog
{
    /// <summary>The current revision of an app.</summary>
    bool TryGet(AppId app, [NotNullWhen(true)] out Revision? revision);

    /// <summary>The current revisions of all apps.</summary>
    IReadOnlyCollection<Revision> All { get; }

    /// <summary>Raised after an app was deployed (its new revision) or deleted (<see cref="AppChange.Revision"/> null). Handlers must not block.</summary>
    event Action<AppChange>? Changed;
}

/// <summary>A change of the catalog.</summary>
/// <param name="App">The app.</param>
/// <param name="Revision">Its new current revision; null when it was deleted.</param>
public readonly record struct AppChange(AppId App, Revision? Revision);
