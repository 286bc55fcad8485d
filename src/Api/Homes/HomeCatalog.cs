using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Homes;

/// <summary>The deployed apps whose home this gateway is. To whoever has replicas and scales them, an app that comes is deployed and one that goes is gone.</summary>
internal sealed class HomeCatalog : IHomeCatalog
{
    private readonly Lock _changing = new();
    private readonly AppCatalog _all;
    private volatile HashSet<AppId> _here = [];

    public HomeCatalog(AppCatalog all)
    {
        _all = all;
        all.Changed += Pass;
    }

    public event Action<AppChange>? Changed;

    public IReadOnlyCollection<Revision> All => [.. _all.All.Where(r => _here.Contains(r.App))];

    public bool TryGet(AppId app, [NotNullWhen(true)] out Revision? revision)
    {
        revision = null;
        return _here.Contains(app) && _all.TryGet(app, out revision);
    }

    public void Enter(AppId app)
    {
        lock (_changing)
        {
            if (_all.TryGet(app, out Revision? revision) && !_here.Contains(app))
            {
                _here = [.. _here, app];
                Changed?.Invoke(new AppChange(app, revision));
            }
        }
    }

    public void Leave(AppId app, HomeLeft left)
    {
        lock (_changing)
        {
            if (TakeOut_NeedsLock(app))
            {
                Changed?.Invoke(new AppChange(app, null, left));
            }
        }
    }

    private bool TakeOut_NeedsLock(AppId app)
    {
        if (!_here.Contains(app))
        {
            return false;
        }

        var next = new HashSet<AppId>(_here);
        next.Remove(app);
        _here = next;
        return true;
    }

    private void Pass(AppChange change)
    {
        lock (_changing)
        {
            if (change.Revision is null ? TakeOut_NeedsLock(change.App) : _here.Contains(change.App))
            {
                Changed?.Invoke(change);
            }
        }
    }
}
