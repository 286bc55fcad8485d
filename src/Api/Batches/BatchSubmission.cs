using System.IO.Pipelines;
using System.Net;
using InterCluster.Api.Auth;
using InterCluster.Api.Control;
using InterCluster.Api.Forwarding;
using InterCluster.Api.Gateway;
using InterCluster.Api.Problems;
using InterCluster.Api.Runs;
using InterCluster.Api.Webhooks;
using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Batches;

/// <summary><c>POST apps/{app}/functions/{function}/batches</c>: NDJSON, a run per line, read and stored as it comes.</summary>
internal sealed partial class BatchSubmission(
    IBatchStore store, IAppCatalog catalog, IRunAnnouncer announcer, RunMetrics metrics, GatewayState state, WebhookReader webhooks, TimeProvider time,
    IOptions<RunOptions> options, ILogger<BatchSubmission> logger)
{
    private readonly RunOptions _options = options.Value;

    /// <summary>A line may hold a body of the largest size, as Base64 or with escapes, and some more.</summary>
    private int MaxLine => (2 * _options.MaxAsyncBodyBytes) + (64 << 10);

    public async Task PostAsync(HttpContext context, string project, string app, string function)
    {
        if (await TargetAsync(context, project, app, function) is not { } target
            || await RequestBody.TypeAsync(context, "application/x-ndjson", "application/ndjson", "application/jsonl") is null)
        {
            return;
        }

        if (!RunHeaders.TryReadKey(context.Request.Headers[WireHeaders.IdempotencyKey], out string? key, out string error))
        {
            await Problem.WriteAsync(context, 400, ProblemCodes.InvalidRequest, error);
            return;
        }

        if (!webhooks.TryReadQuery(context.Request, out WebhookTarget? webhook, out string? why))
        {
            await Problem.WriteAsync(context, 400, ProblemCodes.InvalidRequest, why);
            return;
        }

        if (context.Request.ContentLength > _options.MaxBatchBytes)
        {
            await TooLargeAsync(context);
            return;
        }

        Caller caller = context.GetCaller();
        BatchInfo batch = await store.OpenAsync(
            new NewBatch { Id = BatchId.New(time), Function = target, CreatedAt = time.GetUtcNow(), IdempotencyKey = key, SubmittedBy = caller.KeyId, Webhook = webhook },
            CancellationToken.None);
        context.Response.Headers.Location = $"/api/v1/projects/{project}/batches/{batch.Id}";
        if (batch.State == BatchState.Cancelled)
        {
            await Problem.WriteAsync(context, 409, ProblemCodes.Cancelled, "The batch of this Idempotency-Key was cancelled.");
            return;
        }

        await ReceiveAsync(context, batch, caller);
    }

    // The function; null when there is none, and it has answered.
    private async ValueTask<FunctionId?> TargetAsync(HttpContext context, string project, string app, string function)
    {
        function = function.Equals("%2f", StringComparison.OrdinalIgnoreCase) ? FunctionId.Root : function;
        var target = new FunctionId(new AppId(project, app), function);
        (int status, string code, string detail) =
            !Names.IsApp(app) || !Names.IsFunction(function) ? (400, ProblemCodes.InvalidRequest, "The app's or the function's name is malformed.")
            : Names.IsPrivateFunction(function) ? (403, ProblemCodes.Forbidden, "The function is private.")
            : !catalog.TryGet(target.App, out _) ? (404, ProblemCodes.AppNotFound, "The project has no such app.")
            : state.IsDraining ? (503, ProblemCodes.Draining, "The server is stopping.")
            : (0, "", "");
        if (status == 0)
        {
            return target;
        }

        await Problem.WriteAsync(context, status, code, detail, retryable: status == 503, retryAfter: status == 503 ? TimeSpan.FromSeconds(1) : null);
        return null;
    }

    private async Task ReceiveAsync(HttpContext context, BatchInfo batch, Caller caller)
    {
        var writer = new BatchWriter(batch, store, announcer, metrics, time);
        using var idle = new IdleReader(Body(context), _options.BatchIdleTimeout, time, context.RequestAborted);
        using var upload = new BatchUpload(
            batch, idle.Body, new LineParser(Shared(context, batch, caller), time), writer, MaxLine, _options.MaxBatchLines, idle.ReadAsync);
        try
        {
            await AnswerAsync(context, batch, writer, await upload.RunAsync());
        }
        catch (StoreUnavailableException e)
        {
            LogStoreUnavailable(logger, batch.Id.Value, e);
            await Problem.WriteAsync(
                context, 503, ProblemCodes.StoreUnavailable, "The store went away in the middle of the upload. Repeat it with the same Idempotency-Key.",
                retryable: true, retryAfter: TimeSpan.FromSeconds(1));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await TooLargeAsync(context);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Problem.WriteAsync(
                context, 408, ProblemCodes.RequestTimeout, $"Nothing came for {_options.BatchIdleTimeout.TotalSeconds:0} s (InterCluster:Runs:BatchIdleTimeout).", retryable: true);
        }
        catch (IOException e)
        {
            LogHungUp(logger, batch.Id.Value, e.Message);
            context.Abort();
        }
    }

    private PipeReader Body(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = _options.MaxBatchBytes;
        }

        // A producer may think between two lines: how long is for BatchIdleTimeout to say.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        return context.Request.BodyReader;
    }

    private LineContext Shared(HttpContext context, BatchInfo batch, Caller caller)
    {
        RunPolicy policy = catalog.TryGet(batch.Function.App, out Revision? revision) ? revision.Config.Runs.For(batch.Function.Function) : new RunPolicy();
        return new LineContext
        {
            Function = batch.Function,
            Policy = policy,
            OurHeaders = OurHeaders(context, batch.Function.App, caller),
            SubmittedBy = caller.KeyId,
            MaxBody = _options.MaxAsyncBodyBytes,
            MaxDelay = _options.MaxDelay,
            Webhooks = webhooks,
        };
    }

    // As an async call gets them (StoredHeaders).
    internal static List<StoredHeader> OurHeaders(HttpContext context, AppId app, Caller caller)
    {
        string host = context.Request.Host.Value ?? "";
        IPAddress? address = context.Connection.RemoteIpAddress;
        var headers = new List<StoredHeader>
        {
            new("Host", host),
            new("X-Forwarded-For", (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? ""),
            new("X-Forwarded-Proto", context.Request.Scheme),
            new("X-Forwarded-Host", host),
            new("X-Forwarded-Prefix", $"/v4/{app.Project}/{app.App}"),
            new(WireHeaders.Project, caller.Project),
            new(WireHeaders.Caller, caller.Name),
        };
        if (context.Request.Headers.TryGetValue(WireHeaders.RequestId, out StringValues parent) && RequestIds.IsAcceptable(parent))
        {
            headers.Add(new(WireHeaders.ParentRequestId, parent[0]!));
        }

        return headers;
    }

    private async Task AnswerAsync(HttpContext context, BatchInfo opened, BatchWriter writer, UploadEnd end)
    {
        BatchInfo batch = await store.GetAsync(opened.Function.App.Project, opened.Id, CancellationToken.None) ?? opened;
        switch (end)
        {
            case UploadEnd.Complete:
                await AcceptAsync(context, opened, batch, writer);
                break;
            case UploadEnd.TooLarge:
                await TooLargeAsync(context);
                break;
            case UploadEnd.Mismatch:
                await Problem.WriteAsync(context, 422, ProblemCodes.IdempotencyMismatch, "This Idempotency-Key was used with other lines.");
                break;
            default:
                await (batch.State == BatchState.Cancelled
                    ? Problem.WriteAsync(context, 409, ProblemCodes.Cancelled, "The batch was cancelled.")
                    : Problem.WriteAsync(context, 409, ProblemCodes.Conflict, "A later upload of the batch has taken over."));
                break;
        }
    }

    private static Task AcceptAsync(HttpContext context, BatchInfo opened, BatchInfo batch, BatchWriter writer)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return RunRequests.JsonAsync(context, new BatchAcceptedView
        {
            BatchId = batch.Id.ToString(),
            Lines = batch.Lines,
            Accepted = batch.Counts.Total,
            Duplicates = batch.Duplicates,
            Rejected = [.. writer.Rejected.OrderBy(r => r.Line)],
            RejectedTotal = batch.Rejected,
            ResumedAfterLine = opened.Lines > 0 ? opened.Lines : null,
        });
    }

    private Task TooLargeAsync(HttpContext context) => Problem.WriteAsync(
        context, 413, ProblemCodes.TooLarge,
        $"A batch may have {_options.MaxBatchBytes} bytes and {_options.MaxBatchLines} lines (InterCluster:Runs:MaxBatchBytes, MaxBatchLines).");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Batch {BatchId}: the store cannot commit; the upload is broken off")]
    private static partial void LogStoreUnavailable(ILogger logger, Guid batchId, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Batch {BatchId}: the caller hung up in the middle of the upload: {Reason}")]
    private static partial void LogHungUp(ILogger logger, Guid batchId, string reason);
}
