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

/// <summary>
/// The deployed apps whose home is this gateway: those whose replicas, slots and queue it has. A store of one process has no other gateway, and so all of them.
/// </summary>
public interface IHomeCatalog : IAppCatalog;

/// <summary>A change of the catalog.</summary>
/// <param name="App">The app.</param>
/// <param name="Revision">Its new current revision; null when it was deleted, or left this gateway.</param>
/// <param name="Left">Why it is not here any more though it is deployed.</param>
public readonly record struct AppChange(AppId App, Revision? Revision, HomeLeft Left = HomeLeft.No);

/// <summary>How an app's home left this gateway.</summary>
public enum HomeLeft : byte
{
    /// <summary>It did not.</summary>
    No,

    /// <summary>It was handed over: calls in flight go on to their end.</summary>
    HandedOver,

    /// <summary>It was lost: another gateway does not know of the calls that go on, and gives out their slots again.</summary>
    Lost,
}
