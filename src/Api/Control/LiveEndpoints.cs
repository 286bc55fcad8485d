using InterCluster.Api.Auth;
using InterCluster.Api.Homes;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Core.Scaling;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Control;

/// <summary>What an app does now: replicas, functions, decisions of the scaler, log.</summary>
internal static class LiveEndpoints
{
    private const int DefaultTail = 100;
    private const int MaxTail = 10_000;

    public static void Map(RouteGroupBuilder project)
    {
        RouteGroupBuilder app = project.MapGroup("/apps/{app}").WithTags("Live").RequireProject(Scopes.Read);
        app.MapGet("/replicas", ReplicasAsync).AnsweredByHome("replicas").WithName("ListReplicas").WithSummary("The app's replicas: live ones and the last few that ended")
            .Produces<ReplicaListView>().WithProblems(404);
        app.MapGet("/functions", FunctionsAsync).WithName("ListFunctions").WithSummary("The runs of each function that are not finished")
            .Produces<FunctionListView>().WithProblems(404);
        app.MapGet("/scaling", ScalingAsync).AnsweredByHome("scaling").WithName("ListScalingDecisions").WithSummary("The last decisions of the scaler, newest first")
            .Produces<ScalingHistoryView>().WithProblems(404);
        app.MapGet("/logs", LogsAsync).AnsweredByHome("logs").WithName("ReadLogs").WithSummary("What the replicas wrote, a JSON object per line")
            .WithDescription("`tail` (0 to 10000, default 100) stored lines, then with `follow=true` new ones; an empty line is a heartbeat.")
            .Produces<LogLineView>(200, LogStream.MediaType).WithProblems(404);
    }

    internal static async Task ReplicasAsync(
        HttpContext context, string project, string app, IAppCatalog catalog, IReplicaFleet fleet, IAdmissionDirectory admissions, IHomes homes)
    {
        if (await DeployedAsync(context, project, app, catalog) is not { } id)
        {
            return;
        }

        AppReplicas replicas = fleet.Describe(id) ?? new AppReplicas(0, false, []);
        Dictionary<ReplicaId, int> loads = admissions.TryGet(id, out IAdmission? admission)
            ? admission.Loads.ToDictionary(l => l.Replica.Id, l => l.InFlight) : [];
        await Answers.JsonAsync(context, new ReplicaListView(replicas.Desired, replicas.CrashLoop, [.. replicas.Replicas.Select(r => new ReplicaView(
            r.Id.Value, r.Revision, r.State, r.Address, r.ProcessId, r.StartedAt, r.ReadyAt, loads.GetValueOrDefault(r.Id), r.Detail))], homes.AddressOf(id)));
    }

    private static async Task FunctionsAsync(HttpContext context, string project, string app, IAppCatalog catalog, IRunStore runs)
    {
        if (await DeployedAsync(context, project, app, catalog) is { } id)
        {
            IReadOnlyList<FunctionDepth> depths = await runs.DepthsAsync(context.RequestAborted);
            await Answers.JsonAsync(context, new FunctionListView(
            [
                .. depths.Where(d => d.Function.App == id).OrderBy(d => d.Function.Function, StringComparer.Ordinal)
                    .Select(d => new FunctionView(d.Function.Function, d.Scheduled, d.Queued, d.Running)),
            ]));
        }
    }

    internal static async Task ScalingAsync(HttpContext context, string project, string app, IAppCatalog catalog, IScalingHistory history)
    {
        if (await DeployedAsync(context, project, app, catalog) is { } id)
        {
            await Answers.JsonAsync(context, new ScalingHistoryView([.. history.Recent(id).Select(r => new ScalingDecisionView(
                r.Inputs.Now, r.Inputs.Desired, r.Decision.Desired, r.Decision.Reason, r.Inputs.InFlight, r.Inputs.Waiting, r.Inputs.ReadyRuns, r.Inputs.Measured))]));
        }
    }

    internal static async Task LogsAsync(HttpContext context, string project, string app, string? tail, string? follow, IAppCatalog catalog, LogStream logs)
    {
        var query = new QueryReader(context, "tail", "follow");
        int lines = query.Whole("tail", 0, MaxTail) ?? DefaultTail;
        bool goOn = query.Switch("follow");
        if (await DeployedAsync(context, project, app, catalog) is { } id && await query.IsValidAsync())
        {
            await logs.WriteAsync(context, id, lines, goOn);
        }
    }

    /// <summary>The app of the path; null when it is malformed or not deployed, and it has answered.</summary>
    private static async ValueTask<AppId?> DeployedAsync(HttpContext context, string project, string app, IAppCatalog catalog)
    {
        if (await Answers.AppAsync(context, project, app) is { } id)
        {
            if (catalog.TryGet(id, out _))
            {
                return id;
            }

            await Answers.NoSuchAppAsync(context);
        }

        return null;
    }
}
