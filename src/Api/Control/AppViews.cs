using InterCluster.Api.Homes;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Control;

/// <summary>Shows apps: what was deployed, and what each does at this instant.</summary>
internal sealed class AppViews(
    IAppCatalog catalog, IAdmissionDirectory admissions, IReplicaFleet fleet, IHomes homes, IRunStore runs, IOptions<ControlOptions> options)
{
    private readonly string _gateway = options.Value.GatewayUrl;

    /// <summary>The apps of a project, or (null) of all, by name.</summary>
    public async ValueTask<IReadOnlyList<AppView>> ListAsync(string? project, CancellationToken ct)
    {
        Dictionary<AppId, long> queued = await QueuedAsync(ct);
        return
        [
            .. catalog.All.Where(r => project is null || r.App.Project == project)
                .OrderBy(r => r.App.Project, StringComparer.Ordinal).ThenBy(r => r.App.App, StringComparer.Ordinal)
                .Select(r => Of(r, queued.GetValueOrDefault(r.App))),
        ];
    }

    public async ValueTask<AppView> OfAsync(Revision revision, CancellationToken ct) =>
        Of(revision, (await QueuedAsync(ct)).GetValueOrDefault(revision.App));

    private async ValueTask<Dictionary<AppId, long>> QueuedAsync(CancellationToken ct)
    {
        var queued = new Dictionary<AppId, long>();
        foreach (FunctionDepth depth in await runs.DepthsAsync(ct))
        {
            queued[depth.Function.App] = queued.GetValueOrDefault(depth.Function.App) + depth.Queued;
        }

        return queued;
    }

    private AppView Of(Revision revision, long queued)
    {
        AppConfig config = revision.Config;
        return new AppView
        {
            Project = revision.App.Project,
            App = revision.App.App,
            Revision = revision.Number,
            DeployedAt = revision.DeployedAt,
            DeployedBy = revision.DeployedBy,
            DisableAuth = config.DisableAuth,
            Url = $"{_gateway}/v4/{revision.App}",
            Entrypoint = config.Runtime.Entrypoint,
            Addresses = config.Runtime.Addresses,
            Scaling = Of(config.Scaling),
            Home = homes.AddressOf(revision.App),
            Live = LiveOf(revision.App, queued),
        };
    }

    private static ScalingView Of(ScalingConfig scaling) => new(
        scaling.MinReplicas, scaling.MaxReplicas, scaling.ReplicaConcurrency, scaling.ResponseGracePeriod.TotalSeconds, scaling.Cooldown.TotalSeconds,
        scaling.EffectiveLoadBalancing, scaling.QueueTimeout.TotalSeconds, scaling.ColdStartTimeout.TotalSeconds, scaling.QueueMaxLength,
        scaling.QueueMaxBytes, scaling.BatchShare);

    private AppLiveView LiveOf(AppId app, long queued)
    {
        AdmissionDemand demand = admissions.TryGet(app, out IAdmission? admission) ? admission.Demand : default;
        AppReplicas? replicas = fleet.Describe(app);
        return new AppLiveView(
            demand.InFlight, demand.WaitingSync, demand.WaitingBatch, demand.ReadyReplicas, replicas?.Desired ?? 0, demand.Capacity, queued,
            replicas?.CrashLoop ?? false);
    }
}
