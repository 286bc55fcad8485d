using InterCluster.Api.Auth;
using InterCluster.Api.Batches;
using InterCluster.Api.Control;
using InterCluster.Api.Problems;
using InterCluster.Api.Webhooks;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Runs;

/// <summary>
/// <c>POST runs/{id}/replay</c> with a body: a new run that makes the call of one that has ended with some of it changed, and names it as its origin. What
/// the body does not say stays as it was. It is a call in the caller's own name, so it takes the scope of one.
/// </summary>
internal sealed class ReplayWithChanges(IRunStore store, IRunAnnouncer announcer, WebhookReader webhooks, IOptions<RunOptions> options, TimeProvider time)
{
    private const int Slack = 64 * 1024;
    private readonly RunOptions _options = options.Value;

    /// <summary>True when the request has a body.</summary>
    public static bool IsAsked(HttpContext context) => context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    public async Task RunAsync(HttpContext context, RunInfo info, RunPolicy policy)
    {
        Caller caller = context.GetCaller();
        if (!caller.May(Scopes.Invoke, info.Function.App.Project))
        {
            await Problem.WriteAsync(context, 403, ProblemCodes.Forbidden, "A replay with changes is a call: it needs the scope invoke too.");
            return;
        }

        if (await RequestBody.TypeAsync(context, "application/json") is null
            || await RequestBody.ReadAsync(context, (2 * _options.MaxAsyncBodyBytes) + Slack) is not { } changes)
        {
            return;
        }

        if (!RunStateMachine.IsTerminal(info.State))
        {
            await Problem.WriteAsync(
                context, 409, ProblemCodes.NotFinished, $"The run is {info.State.ToString().ToLowerInvariant()}: only what has ended is repeated.", retryable: true,
                retryAfter: TimeSpan.FromSeconds(1));
            return;
        }

        if (await store.GetRequestAsync(info.Function.App.Project, info.Id, context.RequestAborted) is not { } original)
        {
            await RunRequests.NotFoundAsync(context);
            return;
        }

        var line = new LineContext
        {
            Function = info.Function,
            Policy = policy,
            OurHeaders = BatchSubmission.OurHeaders(context, info.Function.App, caller),
            SubmittedBy = caller.KeyId,
            MaxBody = _options.MaxAsyncBodyBytes,
            MaxDelay = _options.MaxDelay,
            Webhooks = webhooks,
            Repeats = new RepeatedRun(info, original),
        };
        NewRun? run = new LineParser(line, time).Parse(changes.Span, 0, out LineError? error);
        await (run is null ? RefuseAsync(context, error!) : StoreAsync(context, run));
    }

    private static Task RefuseAsync(HttpContext context, LineError error) => error.Code == LineCodes.TooLarge
        ? Problem.WriteAsync(context, 413, ProblemCodes.TooLarge, error.Detail)
        : Problem.WriteAsync(context, 400, ProblemCodes.InvalidRequest, error.Detail);

    private async Task StoreAsync(HttpContext context, NewRun run)
    {
        SubmitResult result = await store.SubmitAsync(run, CancellationToken.None);
        if (result.Outcome == SubmitOutcome.Mismatch)
        {
            await Problem.WriteAsync(context, 422, ProblemCodes.IdempotencyMismatch, "This idempotency_key was used with another request to this function.");
            return;
        }

        if (result.Outcome == SubmitOutcome.Accepted && run.RunAt is null)
        {
            announcer.Announce(run.Function, run.Id);
        }

        string id = result.Id.ToString();
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers[WireHeaders.RequestId] = id;
        context.Response.Headers.Location = $"/api/v1/projects/{run.Function.App.Project}/runs/{id}";
        await RunRequests.JsonAsync(context, new RunAccepted(id));
    }
}
