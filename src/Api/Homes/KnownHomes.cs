using InterCluster.Core.Apps;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Homes;

/// <summary>The gateways and the homes of all apps, as the store last told them; where an app belongs, and whether it can be had.</summary>
internal sealed class KnownHomes(AppCatalog apps)
{
    private readonly Dictionary<AppId, AppHome> _homes = [];
    private Guid _self;

    /// <summary>The gateways, this one too.</summary>
    public IReadOnlyList<GatewayMember> Members { get; private set; } = [];

    /// <summary>All others.</summary>
    public IEnumerable<GatewayMember> Others => Members.Where(m => m.Id != _self);

    /// <summary>The version of the homes.</summary>
    public long Version { get; private set; }

    public IReadOnlyCollection<AppHome> All => _homes.Values;

    /// <summary>Those that the store has as this gateway's.</summary>
    public IEnumerable<AppId> Mine => _homes.Values.Where(h => h.Gateway == _self).Select(h => h.App);

    /// <summary>True when no app waits for another gateway to take it, or there is none to do so.</summary>
    public bool NobodyToWaitFor => Members.All(m => m.IsLeaving) || apps.All.All(r => IsElsewhere(r.App));

    public void Learn(Guid self, GatewayView view)
    {
        (_self, Members, Version) = (self, view.Members, view.Version);
        foreach (AppHome home in view.Homes)
        {
            _homes[home.App] = home;
        }
    }

    public long EpochOf(AppId app) => _homes.TryGetValue(app, out AppHome home) ? home.Epoch : 0;

    public void Taken(AppHome home) => _homes[home.App] = home;

    public void Released(AppId[] released) => Array.ForEach(released, app => _homes[app] = _homes[app] with { Gateway = null });

    /// <summary>True when the hash says that it is this gateway's, or nobody's.</summary>
    public bool BelongsHere(AppId app) => Rendezvous.HomeOf(app, Members) is not { } home || home.Id == _self;

    /// <summary>True when no other gateway has it.</summary>
    public bool IsFree(AppId app) =>
        !_homes.TryGetValue(app, out AppHome home) || home.Gateway is not { } gateway || gateway == _self || Members.All(m => m.Id != gateway);

    private bool IsElsewhere(AppId app) =>
        _homes.TryGetValue(app, out AppHome home) && home.Gateway is { } gateway && gateway != _self && Members.Any(m => m.Id == gateway && !m.IsLeaving);
}
