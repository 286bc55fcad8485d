using System.Buffers;

namespace InterCluster.Api.Forwarding;

/// <summary>
/// Sends calls to a replica, and stays with those that their callers have left: once the request is fully sent, nothing tells the replica, its
/// answer is awaited and dropped, and only then is the call over. Many servers end a connection the moment its other side does, while
/// their handler works on: to close it would be to lose sight of a call that is still inside (docs/decisions/0003).
/// </summary>
internal sealed class ReplicaSender(HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    // The rest of an answer that nobody reads may take this much; what is longer or slower is a stream, and its replica is told.
    private const int MaxDroppedBytes = 64 * 1024;
    private static readonly TimeSpan MaxDropping = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ReplicaCall? call = ReplicaCall.Current is { Finishes: true } finishes ? finishes : null;
        if (request.Content is { } content)
        {
            return call is not null ? UploadAsync(request, new UploadContent(content), call, cancellationToken) : base.SendAsync(Streamed(request, content), cancellationToken);
        }

        if (call is null)
        {
            return base.SendAsync(request, cancellationToken);
        }

        Task<HttpResponseMessage> sending = base.SendAsync(request, call.Limit);
        return sending.IsCompleted ? sending : AnswerAsync(sending, call, cancellationToken);
    }

    private static HttpRequestMessage Streamed(HttpRequestMessage request, HttpContent content)
    {
        if (!UploadContent.HasLength(content))
        {
            request.Content = new UploadContent(content);
        }

        return request;
    }

    private async Task<HttpResponseMessage> UploadAsync(HttpRequestMessage request, UploadContent upload, ReplicaCall call, CancellationToken caller)
    {
        request.Content = upload;
        // Never disposed: an answer may begin before the upload has ended, which this is to cut as well. The limit's pool lets go of it.
        var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Limit);
        Task<HttpResponseMessage> sending = base.SendAsync(request, stop.Token);
        try
        {
            return await sending.WaitAsync(caller).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            if (upload.IsSent)
            {
                call.Leave(() => DropAsync(sending));
                throw;
            }

            // What is not whole will never be, and its body is read out of the caller's request: that must be over before this is.
            await stop.CancelAsync().ConfigureAwait(false);
            (await sending.ConfigureAwait(false)).Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> AnswerAsync(Task<HttpResponseMessage> sending, ReplicaCall call, CancellationToken caller)
    {
        try
        {
            return await sending.WaitAsync(caller).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            call.Leave(() => DropAsync(sending));
            throw;
        }
    }

    // True when the answer was read to its end: the replica is done with the call.
    private async Task<bool> DropAsync(Task<HttpResponseMessage> sending)
    {
        try
        {
            using HttpResponseMessage answer = await sending.ConfigureAwait(false);
            return !IsEventStream(answer) && await ReadToEndAsync(answer.Content).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The replica hung up, or the run's time is over.
            return false;
        }
    }

    private static bool IsEventStream(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType == "text/event-stream";

    private async Task<bool> ReadToEndAsync(HttpContent content)
    {
        using var limit = new CancellationTokenSource(MaxDropping, time);
        byte[] scrap = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            Stream body = await content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            for (int total = 0; total <= MaxDroppedBytes;)
            {
                int read = await body.ReadAsync(scrap, limit.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    return true;
                }

                total += read;
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scrap);
        }
    }
}
