using System.Text.Json;
using InterCluster.Core;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Problems;

/// <summary>
/// Answers with problem details whatever ends without a body: an unknown path, a method or a media type that an endpoint does not have, a request that
/// cannot be read, a store that is away, and our own bugs.
/// </summary>
public static class ApiErrorsExtensions
{
    /// <summary>Goes before routing.</summary>
    public static IApplicationBuilder UseApiErrors(this IApplicationBuilder app) => app.UseMiddleware<ApiErrors>();
}

/// <inheritdoc cref="ApiErrorsExtensions"/>
internal sealed partial class ApiErrors(RequestDelegate next, ILogger<ApiErrors> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, e);
            return;
        }

        HttpResponse response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= 400, ContentLength: null or 0, ContentType: null })
        {
            await Problem.WriteAsync(context, response.StatusCode, CodeOf(response.StatusCode));
        }
    }

    private Task AnswerAsync(HttpContext context, Exception e)
    {
        switch (e)
        {
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                return Task.CompletedTask;
            case BadHttpRequestException bad:
                return Problem.WriteAsync(context, bad.StatusCode, CodeOf(bad.StatusCode), Detail(bad));
            case StoreUnavailableException:
                LogStoreUnavailable(e);
                return Problem.WriteAsync(
                    context, StatusCodes.Status503ServiceUnavailable, ProblemCodes.StoreUnavailable, "The store cannot be reached now.",
                    retryable: true, TimeSpan.FromSeconds(2));
            default:
                LogFailed(e);
                return Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, ProblemCodes.Internal);
        }
    }

    /// <summary>Where in a body the mistake is; the parser's own words name types of ours.</summary>
    private static string Detail(BadHttpRequestException e) =>
        e.InnerException is JsonException { Path: { Length: > 0 } path } ? $"The body cannot be read at {path}." : "The request cannot be read.";

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => ProblemCodes.Unauthenticated,
        StatusCodes.Status403Forbidden => ProblemCodes.Forbidden,
        StatusCodes.Status404NotFound => ProblemCodes.NotFound,
        StatusCodes.Status405MethodNotAllowed => ProblemCodes.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ProblemCodes.TooLarge,
        StatusCodes.Status415UnsupportedMediaType => ProblemCodes.UnsupportedMediaType,
        StatusCodes.Status429TooManyRequests => ProblemCodes.RateLimited,
        >= 500 => ProblemCodes.Internal,
        _ => ProblemCodes.InvalidRequest,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request was refused: the store is away")]
    private partial void LogStoreUnavailable(Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed")]
    private partial void LogFailed(Exception e);
}
