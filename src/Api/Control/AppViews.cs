using InterCluster.Api.Homes;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Control;

/// <summary>Shows apps: what was deployed, and what each does at this instant.</summary>
internal sealed class AppViews(IAppCatalog catalog, AppLives lives, IHomes homes, IRunStore runs, IOptions<ControlOptions> options)
{
    private readonly string _gateway = options.Value.GatewayUrl;

    /// <summary>The apps of a project, or (null) of all, by name.</summary>
    public async ValueTask<AppListView> ListAsync(string? project, CancellationToken ct)
    {
        Revision[] revisions =
        [
            .. catalog.All.Where(r => project is null || r.App.Project == project)
                .OrderBy(r => r.App.Project, StringComparer.Ordinal).ThenBy(r => r.App.App, StringComparer.Ordinal),
        ];
        Dictionary<AppId, long> queued = await QueuedAsync(ct);
        LiveAnswers live = await lives.OfAsync(revisions.Select(r => r.App), ct);
        return new AppListView([.. revisions.Select(r => Of(r, live, queued))], live.Unanswered);
    }

    public async ValueTask<AppView> OfAsync(Revision revision, CancellationToken ct)
    {
        Dictionary<AppId, long> queued = await QueuedAsync(ct);
        return Of(revision, await lives.OfAsync([revision.App], ct), queued);
    }

    private async ValueTask<Dictionary<AppId, long>> QueuedAsync(CancellationToken ct)
    {
        var queued = new Dictionary<AppId, long>();
        foreach (FunctionDepth depth in await runs.DepthsAsync(ct))
        {
            queued[depth.Function.App] = queued.GetValueOrDefault(depth.Function.App) + depth.Queued;
        }

        return queued;
    }

    private AppView Of(Revision revision, LiveAnswers live, Dictionary<AppId, long> queued)
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
            Live = live.Of(revision.App) is { } now ? now with { QueuedRuns = queued.GetValueOrDefault(revision.App) } : null,
        };
    }

    private static ScalingView Of(ScalingConfig scaling) => new(
        scaling.MinReplicas, scaling.MaxReplicas, scaling.ReplicaConcurrency, scaling.ResponseGracePeriod.TotalSeconds, scaling.Cooldown.TotalSeconds,
        scaling.EffectiveLoadBalancing, scaling.QueueTimeout.TotalSeconds, scaling.ColdStartTimeout.TotalSeconds, scaling.QueueMaxLength,
        scaling.QueueMaxBytes, scaling.BatchShare);
}
