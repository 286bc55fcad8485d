using System.Text.Json;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace InterCluster.Api.Problems;

/// <summary>Writes error answers: the one place where a status, its code and its body meet.</summary>
internal static class Problem
{
    /// <summary>Answers with problem details. The response must not have started.</summary>
    public static Task WriteAsync(
        HttpContext context, int status, string code, string? detail = null, bool retryable = false, TimeSpan? retryAfter = null,
        IReadOnlyList<string>? errors = null)
    {
        context.Features.Set(GatewayAnswer.Mark);
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        }

        if (context.Features.Get<Homes.HopMark>() is not null)
        {
            // The gateway that passed the call on must not take this for a replica's answer.
            response.Headers.TryAdd(Homes.HopHeaders.Refused, code);
        }

        string? runId = response.Headers[WireHeaders.RequestId];
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new ProblemView
            {
                Title = ReasonPhrases.GetReasonPhrase(status),
                Status = status,
                Code = code,
                Detail = detail,
                RunId = string.IsNullOrEmpty(runId) ? null : runId,
                Retryable = retryable,
                Errors = errors,
            },
            WireJson.Options);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }
}
