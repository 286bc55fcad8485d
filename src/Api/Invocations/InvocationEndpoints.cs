using System.Collections.Concurrent;
using InterCluster.Api.Gateway;
using InterCluster.Api.Problems;
using InterCluster.Api.Runs;
using InterCluster.Core.Admission;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Invocations;

/// <summary>
/// Where workers of other processes have their runs carried out: through the same invoker, and so the same admission, as a worker of this one. Not part of
/// the wire contract: only servers of one store can call it.
/// </summary>
internal sealed class InvocationEndpoints(InProcessRunInvoker invoker, WorkerCredentials credentials, GatewayState state, IOptions<RunOptions> options)
    : IGatewayEndpoints
{
    /// <summary>Carries out a run.</summary>
    public const string Path = "/internal/v1/invocations";

    /// <summary>Says that a gateway passes on what it was asked for itself.</summary>
    public const string HopHeader = "X-InterCluster-Hop-Run";

    // Method, path and headers of a stored call, beside its body.
    private const int MaxHeadBytes = 128 * 1024;

    private readonly ConcurrentDictionary<(Guid Run, long Lease), CancellationTokenSource> _waiting = new();
    private readonly int _maxBytes = options.Value.MaxAsyncBodyBytes + MaxHeadBytes;

    /// <summary>Tells a run that waits for its slot to give up; one that has it goes on.</summary>
    public static string StopWaitingPath(RunId run, long lease) => $"{Path}/{run}/{lease.ToString(System.Globalization.CultureInfo.InvariantCulture)}/stop-waiting";

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(Path, context => GuardAsync(context, InvokeAsync)).ExcludeFromDescription();
        endpoints.MapPost($"{Path}/{{run:guid}}/{{lease:long}}/stop-waiting", context => GuardAsync(context, StopWaitingAsync)).ExcludeFromDescription();
    }

    private async Task GuardAsync(HttpContext context, Func<HttpContext, Task> inner)
    {
        if (await credentials.IsValidAsync(context.Request.Headers.Authorization, context.RequestAborted))
        {
            await inner(context);
        }
        else
        {
            await Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, ProblemCodes.Unauthenticated, "Only workers may call this.");
        }
    }

    private async Task InvokeAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } run)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The invocation is malformed.");
            return;
        }

        byte[] frame = InvocationFrame.Write(await InvokeAsync(run, context.Request.Headers.ContainsKey(HopHeader), context.RequestAborted));
        context.Response.ContentType = InvocationFrame.MediaType;
        context.Response.ContentLength = frame.Length;
        await context.Response.Body.WriteAsync(frame, context.RequestAborted);
    }

    private async ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, bool isHop, CancellationToken ct)
    {
        if (state.IsDraining)
        {
            return new InvocationResult(InvocationOutcome.Refused, Refusal: Refusal.Draining);
        }

        using var stopWaiting = new CancellationTokenSource();
        (Guid, long) key = (run.Id.Value, run.Lease);
        _waiting[key] = stopWaiting;
        try
        {
            return await invoker.InvokeAsync(run, isHop, stopWaiting.Token, ct);
        }
        finally
        {
            _waiting.TryRemove(new KeyValuePair<(Guid, long), CancellationTokenSource>(key, stopWaiting));
        }
    }

    private async Task<ClaimedRun?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not { } length || length > _maxBytes)
        {
            return null;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        await context.Request.Body.ReadExactlyAsync(bytes, context.RequestAborted);
        try
        {
            return InvocationFrame.ReadRun(bytes);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private async Task StopWaitingAsync(HttpContext context)
    {
        var run = Guid.Parse((string)context.Request.RouteValues["run"]!);
        long lease = long.Parse((string)context.Request.RouteValues["lease"]!, System.Globalization.CultureInfo.InvariantCulture);
        if (_waiting.TryGetValue((run, lease), out CancellationTokenSource? waiting))
        {
            try
            {
                await waiting.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It has ended in the meantime.
            }
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
