using System.Text.Json;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Control;

/// <summary>
/// Streams an app's log as NDJSON. A stream that is followed says something every 15 s, so that both ends notice when the other is gone, and ends when
/// its token no longer counts (RELIABILITY J11) or the process stops.
/// </summary>
internal sealed class LogStream(IReplicaFleet fleet, ICallerAuthenticator authenticator, IHostApplicationLifetime lifetime, TimeProvider time)
{
    public const string MediaType = "application/x-ndjson";
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    public async Task WriteAsync(HttpContext context, AppId app, int tail, bool follow)
    {
        context.Response.ContentType = MediaType;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.StartAsync(context.RequestAborted);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await CopyAsync(context, fleet.ReadLogsAsync(app, tail, follow, ends.Token), ends);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader went away, or it ends as it should: there is nothing more to say.
        }
    }

    private async Task CopyAsync(HttpContext context, IAsyncEnumerable<LogLine> lines, CancellationTokenSource ends)
    {
        await using IAsyncEnumerator<LogLine> reader = lines.GetAsyncEnumerator(ends.Token);
        long lastCheck = time.GetTimestamp();
        while (true)
        {
            Task<bool> next = reader.MoveNextAsync().AsTask();
            while (!next.IsCompleted && !ends.IsCancellationRequested)
            {
                // Only a caller that has gone cancels a write: a write that is cancelled breaks the connection, and an end that is meant must be clean.
                await context.Response.Body.FlushAsync(context.RequestAborted);
                if (await Task.WhenAny(next, Task.Delay(Heartbeat, time, ends.Token)) != next && !ends.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(LineEnd, context.RequestAborted);
                }

                if (time.GetElapsedTime(lastCheck) >= Heartbeat)
                {
                    lastCheck = time.GetTimestamp();
                    if (!await StillCountsAsync(context, ends.Token))
                    {
                        await ends.CancelAsync();
                    }
                }
            }

            if (!await next)
            {
                return;
            }

            await WriteAsync(context, reader.Current, context.RequestAborted);
        }
    }

    private async ValueTask<bool> StillCountsAsync(HttpContext context, CancellationToken ct) =>
        await authenticator.VerifyAsync(context.Request.Headers.Authorization.ToString(), ct) is not null;

    private static async ValueTask WriteAsync(HttpContext context, LogLine line, CancellationToken ct)
    {
        var view = new LogLineView(line.Time, line.Replica.Value, line.Stream, line.Text);
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(view, WireJson.Options), ct);
        await context.Response.Body.WriteAsync(LineEnd, ct);
    }
}
