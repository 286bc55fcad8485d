using System.Text.Json;
using InterCluster.Api.Gateway;
using InterCluster.Api.Problems;
using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Runs;

/// <summary>Turns an async call into a stored run: 202 only when it is on disk.</summary>
internal sealed partial class RunSubmission(
    IRunStore store, RunWaiters waiters, IRunAnnouncer announcer, RunMetrics metrics, TimeProvider time, IOptions<RunOptions> options, ILogger<RunSubmission> logger)
    : IAsyncCalls
{
    private readonly int _maxBody = options.Value.MaxAsyncBodyBytes;
    private readonly TimeSpan _maxDelay = options.Value.MaxDelay;

    /// <inheritdoc/>
    public async Task SubmitAsync(IncomingCall call)
    {
        HttpContext context = call.Http;
        DateTimeOffset now = time.GetUtcNow();
        string? error = RunHeaders.WhyNotAsync(context.Request);
        if (error is not null || !RunHeaders.TryRead(context.Request.Headers, now, _maxDelay, out RunHeaders controls, out error))
        {
            await Problem.WriteAsync(context, 400, ProblemCodes.InvalidRequest, error);
            return;
        }

        if (await RunBody.ReadAsync(context.Request, _maxBody, context.RequestAborted) is not { } body)
        {
            await Problem.WriteAsync(
                context, 413, ProblemCodes.TooLarge, $"The body of an async call may have {_maxBody} bytes (InterCluster:Runs:MaxAsyncBodyBytes).");
            return;
        }

        await StoreAsync(call, Compose(call, controls, body, now));
    }

    private static NewRun Compose(IncomingCall call, in RunHeaders controls, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        RunPolicy policy = call.Route!.Revision.Config.Runs.For(call.Function);
        return new NewRun
        {
            Id = call.RunId,
            Function = new FunctionId(call.Route!.App, call.Function),
            Request = new RunRequest(call.Http.Request.Method, call.PathAndQuery, StoredHeaders.OfCall(call), body),
            CreatedAt = now,
            RunAt = controls.RunAt,
            Priority = controls.Priority,
            MaxAttempts = controls.MaxAttempts ?? policy.MaxAttempts,
            Backoff = policy.Backoff(),
            MaxAge = policy.MaxAge,
            Tag = controls.Tag,
            IdempotencyKey = controls.IdempotencyKey,
            SubmittedBy = call.Caller?.KeyId,
            Webhook = call.Webhook,
        };
    }

    private async Task StoreAsync(IncomingCall call, NewRun run)
    {
        HttpContext context = call.Http;
        AppId app = run.Function.App;
        SubmitResult result;
        try
        {
            Failpoint.Hit(FailurePoint.SubmissionChecked);
            // Not the caller's token: a caller who leaves while the commit is under way must not leave a run unannounced.
            result = await store.SubmitAsync(run, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            LogStoreUnavailable(logger, e);
            metrics.Submitted(app, "store_unavailable");
            await Problem.WriteAsync(
                context, 503, ProblemCodes.StoreUnavailable, "The run could not be stored. Repeat the call with the same Idempotency-Key.",
                retryable: true, retryAfter: TimeSpan.FromSeconds(1));
            return;
        }

        Failpoint.Hit(FailurePoint.SubmissionCommitted);
        metrics.Submitted(app, result.Outcome switch
        {
            SubmitOutcome.Accepted => "accepted",
            SubmitOutcome.Duplicate => "duplicate",
            _ => "mismatch",
        });
        if (result.Outcome == SubmitOutcome.Mismatch)
        {
            await Problem.WriteAsync(
                context, 422, ProblemCodes.IdempotencyMismatch, "This Idempotency-Key was used with another request to this function.");
            return;
        }

        if (result.Outcome == SubmitOutcome.Accepted && run.RunAt is null)
        {
            announcer.Announce(run.Function, run.Id);
        }

        if (PreferredWait.Read(context.Request.Headers) is not { } wait || !await TryAnswerAsync(context, run.Function.App.Project, result.Id, wait))
        {
            await AcceptAsync(context, run.Function.App.Project, result.Id.ToString());
        }
    }

    // A run that ends within the time that the caller would rather wait is answered for as a sync call is.
    private async Task<bool> TryAnswerAsync(HttpContext context, string project, RunId id, TimeSpan wait)
    {
        if (await waiters.WaitAsync(project, id, wait, context.RequestAborted) is not { } info || !RunStateMachine.IsTerminal(info.State))
        {
            return false;
        }

        context.Response.Headers["Preference-Applied"] = $"wait={wait.TotalSeconds:0}";
        await RunResults.EndedAsync(context, info, store);
        return true;
    }

    private static Task AcceptAsync(HttpContext context, string project, string runId)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new RunAccepted(runId), WireJson.Options);
        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers[WireHeaders.RequestId] = runId;
        response.Headers.Location = $"/api/v1/projects/{project}/runs/{runId}";
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An async call was refused: the run store cannot commit")]
    private static partial void LogStoreUnavailable(ILogger logger, Exception exception);
}
