using InterCluster.Api.Problems;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Auth;

/// <summary>Lets a call through to its endpoint, or answers 400, 401, 403 or 429 before anything is looked up.</summary>
internal static class AccessGate
{
    private const string QueryToken = "access_token";

    public static async Task InvokeAsync(HttpContext context, AccessPolicy policy, RequestDelegate inner)
    {
        if (await AuthenticateAsync(context) is { } caller && await AuthorizeAsync(context, policy, caller))
        {
            context.Features.Set(caller);
            await inner(context);
        }
    }

    /// <summary>Null when it has answered.</summary>
    private static async ValueTask<Caller?> AuthenticateAsync(HttpContext context)
    {
        StringValues header = context.Request.Headers.Authorization;
        if (header.Count > 1 || (header.Count == 1 && context.Request.Query.ContainsKey(QueryToken)))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "Send one token, in one Authorization header.");
            return null;
        }

        if (header.Count == 0 || string.IsNullOrEmpty(header[0]))
        {
            await RefuseAsync(context);
            return null;
        }

        return await VerifyAsync(context, header[0]!);
    }

    private static async ValueTask<Caller?> VerifyAsync(HttpContext context, string authorization)
    {
        var authenticator = context.RequestServices.GetRequiredService<ICallerAuthenticator>();
        if (authenticator.TryRemembered(authorization, out Caller? caller))
        {
            return caller;
        }

        var failures = context.RequestServices.GetRequiredService<FailureLimiter>();
        if (failures.IsBlocked(context.Connection.RemoteIpAddress, out TimeSpan retryAfter))
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status429TooManyRequests, ProblemCodes.RateLimited, "Too many failed logins from this address.",
                retryable: true, retryAfter);
            return null;
        }

        caller = await authenticator.VerifyAsync(authorization, context.RequestAborted);
        if (caller is null)
        {
            failures.Failed(context.Connection.RemoteIpAddress);
            await RefuseAsync(context);
        }

        return caller;
    }

    private static async ValueTask<bool> AuthorizeAsync(HttpContext context, AccessPolicy policy, Caller caller)
    {
        string project = context.GetRouteValue("project") as string ?? "";
        if (!policy.NeedsServerAdmin && !Names.IsProject(project))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "Not a project's name: p- and then a-z, 0-9 and hyphens.");
            return false;
        }

        if (policy.NeedsServerAdmin ? caller.IsServerAdmin : caller.May(policy.Scopes, project))
        {
            return true;
        }

        await Problem.WriteAsync(context, StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, "The token does not allow this.");
        return false;
    }

    private static Task RefuseAsync(HttpContext context) =>
        Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, ProblemCodes.Unauthenticated, "A valid token is needed.");
}
