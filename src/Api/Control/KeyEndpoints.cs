using InterCluster.Api.Auth;
using InterCluster.Api.Keys;
using InterCluster.Api.Problems;
using InterCluster.Core.Identity;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Control;

/// <summary>Issue, list, rotate and revoke keys.</summary>
internal static class KeyEndpoints
{
    private const int MaxName = 63;

    public static void Map(RouteGroupBuilder project)
    {
        RouteGroupBuilder keys = project.MapGroup("/keys").WithTags("Keys").RequireProject(Scopes.Admin);
        keys.MapPost("", IssueAsync).WithName("IssueKey").WithSummary("Issues a key; its token is in this answer and nowhere else")
            .Accepts<IssueKeyRequest>("application/json").Produces<KeyView>(201).WithProblems(409, 415);
        keys.MapGet("", ListAsync).WithName("ListKeys").WithSummary("The project's keys, newest first, without tokens").Produces<KeyListView>();
        keys.MapDelete("/{id}", RevokeAsync).WithName("RevokeKey").WithSummary("Revokes a key: its token is refused from now on, everywhere within 10 s")
            .Produces<KeyView>().WithProblems(404);
        keys.MapPost("/{id}/rotate", RotateAsync).WithName("RotateKey")
            .WithSummary("Issues a second key with the name and scopes of the first, which stays valid until it is revoked")
            .Produces<KeyView>(201).WithProblems(404, 409);
    }

    private static async Task IssueAsync(HttpContext context, string project, ProjectKeys keys)
    {
        if (await RequestBody.JsonAsync<IssueKeyRequest>(context) is not { } request)
        {
            return;
        }

        List<string> errors = Check(request, out Scopes scopes);
        if (errors.Count > 0)
        {
            await Answers.InvalidAsync(context, errors[0], errors.Count > 1 ? errors : null);
            return;
        }

        int days = request.LifetimeDays ?? ProjectKeys.DefaultLifetimeDays;
        await AnswerAsync(context, keys, await keys.IssueAsync(project, request.Name, scopes, days, context.RequestAborted));
    }

    private static async Task ListAsync(HttpContext context, string project, ProjectKeys keys)
    {
        IReadOnlyList<ProjectKey> all = await keys.ListAsync(project, context.RequestAborted);
        await Answers.JsonAsync(context, new KeyListView([.. all.Select(k => View(keys, k, null))]));
    }

    private static async Task RevokeAsync(HttpContext context, string project, string id, ProjectKeys keys)
    {
        ProjectKey? revoked = await keys.RevokeAsync(project, id, CancellationToken.None);
        await (revoked is null ? NoSuchKeyAsync(context) : Answers.JsonAsync(context, View(keys, revoked, null)));
    }

    private static async Task RotateAsync(HttpContext context, string project, string id, ProjectKeys keys)
    {
        if (await RequestBody.JsonAsync(context, new RotateKeyRequest()) is not { } request)
        {
            return;
        }

        if (!IsLifetime(request.LifetimeDays))
        {
            await Answers.InvalidAsync(context, LifetimeError);
            return;
        }

        RotateResult result = await keys.RotateAsync(project, id, request.LifetimeDays, context.RequestAborted);
        await (result.Old switch
        {
            null => NoSuchKeyAsync(context),
            { RevokedAt: not null } => ConflictAsync(context, "The key is revoked: issue a new one."),
            _ => AnswerAsync(context, keys, result.New),
        });
    }

    private static Task AnswerAsync(HttpContext context, ProjectKeys keys, IssuedKey? issued) =>
        issued is null
            ? ConflictAsync(context, $"The project has {ProjectKeys.MaxLiveKeys} valid keys: revoke some.")
            : Answers.JsonAsync(context, View(keys, issued.Key, issued.Token), StatusCodes.Status201Created);

    private static string LifetimeError => $"lifetime_days: must be 1 to {ProjectKeys.MaxLifetimeDays}.";

    private static bool IsLifetime(int? days) => days is null or >= 1 and <= ProjectKeys.MaxLifetimeDays;

    private static List<string> Check(IssueKeyRequest request, out Scopes scopes)
    {
        var errors = new List<string>();
        // It goes into a header of every call; and "app:" is how tokens of apps are told apart.
        if (request.Name.Length is 0 or > MaxName || !request.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            errors.Add($"name: must be 1 to {MaxName} letters, digits, dots, hyphens and underscores.");
        }

        if (!IsLifetime(request.LifetimeDays))
        {
            errors.Add(LifetimeError);
        }

        scopes = request.Scopes is null ? ScopeNames.Default : Scopes.None;
        foreach (string? name in request.Scopes ?? [])
        {
            if (!ScopeNames.TryParse(name, out Scopes scope))
            {
                errors.Add($"scopes: must be some of {ScopeNames.All}.");
                break;
            }

            scopes |= scope;
        }

        if (scopes == Scopes.None && errors.Count == 0)
        {
            errors.Add($"scopes: must be some of {ScopeNames.All}.");
        }

        return errors;
    }

    private static Task NoSuchKeyAsync(HttpContext context) => Answers.NotFoundAsync(context, ProblemCodes.NotFound, "The project has no such key.");

    private static Task ConflictAsync(HttpContext context, string detail) =>
        Problem.WriteAsync(context, StatusCodes.Status409Conflict, ProblemCodes.Conflict, detail);

    private static KeyView View(ProjectKeys keys, ProjectKey key, string? token) => new()
    {
        Id = key.Id,
        Project = key.Project,
        Name = key.Name,
        Scopes = ScopeNames.List(key.Scopes),
        IssuedAt = key.IssuedAt,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
        State = keys.StateOf(key),
        Token = token,
    };
}
