using InterCluster.Api.Homes;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Control;

/// <summary>What an app does now, as its home tells it to another gateway.</summary>
internal sealed record AppLive(string Project, string App, AppLiveView Live);

/// <summary>What apps do now, as far as their homes have answered.</summary>
internal sealed record LiveAnswers(IReadOnlyDictionary<AppId, AppLiveView> Known, IReadOnlyList<string>? Unanswered)
{
    public AppLiveView? Of(AppId app) => Known.GetValueOrDefault(app);
}

/// <summary>Tells what apps do now: those whose home is elsewhere, after asking there. How many runs wait is the store's to tell.</summary>
internal sealed class AppLives(IAppCatalog catalog, IAdmissionDirectory admissions, IReplicaFleet fleet, IHomes homes, IOtherGateways others)
{
    /// <summary>Where gateways ask each other, on the data plane's port.</summary>
    public const string Path = LivePass.Prefix;

    public async ValueTask<LiveAnswers> OfAsync(IEnumerable<AppId> apps, CancellationToken ct)
    {
        ILookup<bool, AppId> byPlace = apps.ToLookup(homes.IsElsewhere);
        Dictionary<AppId, AppLiveView> known = byPlace[false].ToDictionary(a => a, Here);
        HashSet<string> elsewhere = [.. byPlace[true].Select(homes.AddressOf).OfType<string>()];
        if (elsewhere.Count == 0)
        {
            return new LiveAnswers(known, null);
        }

        GatewayAnswers<AppLive[]> answers = await others.AskAsync<AppLive[]>(Path, elsewhere, ct);
        HashSet<AppId> wanted = [.. byPlace[true]];
        foreach (AppLive live in answers.Answers.SelectMany(a => a).Where(l => wanted.Contains(new AppId(l.Project, l.App))))
        {
            known[new AppId(live.Project, live.App)] = live.Live;
        }

        return new LiveAnswers(known, answers.Unanswered);
    }

    /// <summary>The endpoint for other gateways: all apps whose home this is.</summary>
    public static Task OwnAsync(HttpContext context, AppLives lives) => Answers.JsonAsync(context, lives.Own());

    private AppLive[] Own() =>
        [.. catalog.All.Select(r => r.App).Where(a => !homes.IsElsewhere(a)).Select(a => new AppLive(a.Project, a.App, Here(a)))];

    private AppLiveView Here(AppId app)
    {
        AdmissionDemand demand = admissions.TryGet(app, out IAdmission? admission) ? admission.Demand : default;
        AppReplicas? replicas = fleet.Describe(app);
        return new AppLiveView(
            demand.InFlight, demand.WaitingSync, demand.WaitingBatch, demand.ReadyReplicas, replicas?.Desired ?? 0, demand.Capacity, QueuedRuns: 0,
            replicas?.CrashLoop ?? false);
    }
}
