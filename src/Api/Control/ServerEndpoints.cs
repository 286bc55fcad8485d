using InterCluster.Api.Auth;
using InterCluster.Core.Apps;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Control;

/// <summary>What concerns the whole server.</summary>
internal static class ServerEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        RouteGroupBuilder server = api.MapGroup("").WithTags("Server").RequireServerAdmin();
        server.MapGet("/projects", ProjectsAsync).WithName("ListProjects").WithSummary("The projects that have an app or a key").Produces<ProjectListView>();
        server.MapGet("/apps", AppsAsync).WithName("ListAllApps").WithSummary("The apps of all projects").Produces<AppListView>();
    }

    private static Task ProjectsAsync(HttpContext context, IAppCatalog catalog, KeyRing keys) =>
        Answers.JsonAsync(context, new ProjectListView(
            [.. catalog.All.Select(r => r.App.Project).Concat(keys.Projects).Distinct().Order(StringComparer.Ordinal)]));

    private static async Task AppsAsync(HttpContext context, AppViews views) =>
        await Answers.JsonAsync(context, await views.ListAsync(null, context.RequestAborted));
}
