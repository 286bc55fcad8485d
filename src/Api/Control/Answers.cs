using InterCluster.Api.Problems;
using InterCluster.Core.Naming;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Control;

/// <summary>The answers that the endpoints of the control plane share.</summary>
internal static class Answers
{
    public static Task JsonAsync<T>(HttpContext context, T value, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsJsonAsync(value, WireJson.Options, context.RequestAborted);
    }

    public static Task InvalidAsync(HttpContext context, string detail, IReadOnlyList<string>? errors = null) =>
        Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, detail, errors: errors);

    public static Task NotFoundAsync(HttpContext context, string code, string detail) =>
        Problem.WriteAsync(context, StatusCodes.Status404NotFound, code, detail);

    public static Task NoSuchAppAsync(HttpContext context) =>
        NotFoundAsync(context, ProblemCodes.AppNotFound, "The project has no such app.");

    /// <summary>The app of the path; null when its name is malformed, and it has answered 400.</summary>
    public static async ValueTask<AppId?> AppAsync(HttpContext context, string project, string app)
    {
        if (Names.IsApp(app))
        {
            return new AppId(project, app);
        }

        await InvalidAsync(context, "Not an app's name: 1 to 63 of a-z, 0-9 and hyphens, with no hyphen at either end.");
        return null;
    }
}
