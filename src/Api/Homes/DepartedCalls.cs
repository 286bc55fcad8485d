using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Homes;

/// <summary>
/// The calls that go on here after their app's home has moved. The slots that they hold of replicas that run elsewhere are told to the new home, which holds that
/// many back.
/// </summary>
internal sealed class DepartedCalls(IAdmissionDirectory admissions, AppCatalog apps)
{
    private readonly HashSet<AppId> _apps = [];

    /// <summary>True while there may be any.</summary>
    public bool Any => _apps.Count > 0;

    public void Add(AppId app) => _apps.Add(app);

    public void Forget(AppId app) => _apps.Remove(app);

    /// <summary>Counts them. Apps without any are forgotten: there only become fewer.</summary>
    public List<HeldSlots> Count()
    {
        var held = new List<HeldSlots>();
        foreach (AppId app in _apps.ToArray())
        {
            ReplicaLoad[] loads = admissions.TryGet(app, out IAdmission? admission) ? [.. admission.Loads.Where(l => l.InFlight > 0)] : [];
            if (loads.Length == 0)
            {
                _apps.Remove(app);
            }
            else if (apps.TryGet(app, out Revision? revision) && revision.Config.Runtime.Addresses.Count > 0)
            {
                held.AddRange(loads.GroupBy(l => l.Replica.Address, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                    .Select(g => new HeldSlots(app, g.Key, g.Sum(l => l.InFlight))));
            }
        }

        return held;
    }
}
