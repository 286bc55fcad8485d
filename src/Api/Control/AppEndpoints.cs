using InterCluster.Api.Auth;
using InterCluster.Api.Deploy;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Control;

/// <summary>Deploy, read, roll back, remove.</summary>
internal static class AppEndpoints
{
    private const string Toml = "application/toml";
    private const string Json = "application/json";

    public static void Map(RouteGroupBuilder project)
    {
        RouteGroupBuilder apps = project.MapGroup("/apps").WithTags("Apps");
        apps.MapGet("", ListAsync).RequireProject(Scopes.Read)
            .WithName("ListApps").WithSummary("The project's apps").Produces<AppListView>();
        apps.MapGet("/{app}", GetAsync).RequireProject(Scopes.Read)
            .WithName("GetApp").WithSummary("What is deployed, and what it does now").Produces<AppView>().WithProblems(404);
        apps.MapPut("/{app}", DeployAsync).RequireProject(Scopes.Admin)
            .WithName("DeployApp").WithSummary("Deploys an app, or a new revision of it, from its file")
            .WithDescription("The body is an intercluster.toml or cerebrium.toml, or the same as JSON, of up to 256 KiB. `folder` is the absolute folder that the app runs in.")
            .Accepts<string>(Toml, Json).Produces<AppView>().Produces<AppView>(201).WithProblems(413, 415);
        apps.MapDelete("/{app}", DeleteAsync).RequireProject(Scopes.Admin)
            .WithName("DeleteApp").WithSummary("Removes an app: no new calls, waiting runs fail, calls in flight go on to their end")
            .Produces<AppDeletedView>().Produces<AppDeletedView>(202).WithProblems(404);
        apps.MapGet("/{app}/revisions", RevisionsAsync).RequireProject(Scopes.Read)
            .WithName("ListRevisions").WithSummary("All revisions of an app, newest first").Produces<RevisionListView>().WithProblems(404);
        apps.MapPost("/{app}/rollback", RollbackAsync).RequireProject(Scopes.Admin)
            .WithName("RollbackApp").WithSummary("Deploys an old revision again, as a new one")
            .Accepts<RollbackRequest>(Json).Produces<AppView>().WithProblems(404, 415);
    }

    private static async Task ListAsync(HttpContext context, string project, AppViews views)
    {
        if (await new QueryReader(context).IsValidAsync())
        {
            await Answers.JsonAsync(context, await views.ListAsync(project, context.RequestAborted));
        }
    }

    private static async Task GetAsync(HttpContext context, string project, string app, IAppCatalog catalog, AppViews views)
    {
        if (await Answers.AppAsync(context, project, app) is not { } id)
        {
            return;
        }

        await (catalog.TryGet(id, out Revision? revision)
            ? Answers.JsonAsync(context, await views.OfAsync(revision, context.RequestAborted))
            : Answers.NoSuchAppAsync(context));
    }

    private static async Task DeployAsync(
        HttpContext context, string project, string app, string? folder, AppDeployments deployments, IAppCatalog catalog, AppViews views)
    {
        if (await Answers.AppAsync(context, project, app) is not { } id
            || !await new QueryReader(context, "folder").IsValidAsync()
            || await RequestBody.TypeAsync(context, Toml, Json) is not { } type
            || await RequestBody.ReadAsync(context, AppFileReader.MaxBytes) is not { } body)
        {
            return;
        }

        // It parses what a stranger wrote and looks at the file system: not on an I/O thread.
        AppFileFormat format = type == Toml ? AppFileFormat.Toml : AppFileFormat.Json;
        AppFileResult file = await Task.Run(() => AppFileReader.Read(body.Span, format, folder), context.RequestAborted);
        if (file.Config is not { } config)
        {
            await Answers.InvalidAsync(context, file.Errors[0], file.Errors);
            return;
        }

        bool isNew = !catalog.TryGet(id, out _);
        // The path names the app: one file can be deployed under several names.
        Revision revision = await deployments.DeployAsync(id, config with { Name = id.App }, Deployer(context), context.RequestAborted);
        AppView view = await views.OfAsync(revision, context.RequestAborted);
        await Answers.JsonAsync(context, view with { NotApplicable = file.NotApplicable }, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task DeleteAsync(
        HttpContext context, string project, string app, AppDeployments deployments, IOptions<ControlOptions> options, TimeProvider time)
    {
        if (await Answers.AppAsync(context, project, app) is not { } id)
        {
            return;
        }

        if (await deployments.DeleteAsync(id, Deployer(context), context.RequestAborted) is not { } drained)
        {
            await Answers.NoSuchAppAsync(context);
            return;
        }

        await Task.WhenAny(drained, Task.Delay(options.Value.DeleteWait, time, context.RequestAborted));
        var view = new AppDeletedView(project, app, drained.IsCompleted);
        await Answers.JsonAsync(context, view, view.Drained ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    private static async Task RevisionsAsync(HttpContext context, string project, string app, IAppStore store, IAppCatalog catalog)
    {
        if (await Answers.AppAsync(context, project, app) is not { } id)
        {
            return;
        }

        IReadOnlyList<Revision> revisions = await store.RevisionsAsync(id, context.RequestAborted);
        int? current = catalog.TryGet(id, out Revision? deployed) ? deployed.Number : null;
        await (revisions.Count == 0
            ? Answers.NoSuchAppAsync(context)
            : Answers.JsonAsync(context, new RevisionListView([.. revisions.Select(r => new RevisionView(r.Number, r.DeployedAt, r.DeployedBy, r.Number == current))])));
    }

    private static async Task RollbackAsync(HttpContext context, string project, string app, AppDeployments deployments, AppViews views)
    {
        if (await Answers.AppAsync(context, project, app) is not { } id || await RequestBody.JsonAsync<RollbackRequest>(context) is not { } request)
        {
            return;
        }

        Revision? revision = await deployments.RollbackAsync(id, request.Revision, Deployer(context), context.RequestAborted);
        await (revision is null
            ? Answers.NotFoundAsync(context, ProblemCodes.NotFound, "The app never had this revision.")
            : Answers.JsonAsync(context, await views.OfAsync(revision, context.RequestAborted)));
    }

    private static string Deployer(HttpContext context)
    {
        Caller caller = context.GetCaller();
        return caller.IsServerAdmin ? caller.Name : $"{caller.Name} ({caller.KeyId})";
    }
}
