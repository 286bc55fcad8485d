using System.Text.Json;
using InterCluster.Api.Runs;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Batches;

/// <summary>
/// <c>GET batches/{id}/events</c>: server-sent events with the batch as it is, whenever it has changed but twice a second at most, until it is done. Every event
/// tells all, so that nothing is missed by a client that comes back: <c>Last-Event-ID</c> needs no meaning.
/// </summary>
internal static class BatchEvents
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    public static async Task GetAsync(
        HttpContext context, string project, string id, IBatchStore store, ICallerAuthenticator authenticator, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        if (await BatchEndpoints.FindAsync(context, RunQuery.Of(context), project, id, store) is not { } batch)
        {
            return;
        }

        using var stream = new LiveStream(context, "text/event-stream", ": still here\n\n"u8.ToArray(), authenticator, lifetime, time);
        await stream.RunAsync(ct => TellAsync(stream, store, batch, ct));
    }

    private static async Task TellAsync(LiveStream stream, IBatchStore store, BatchInfo first, CancellationToken ct)
    {
        BatchView? told = null;
        for (BatchInfo? batch = first; batch is not null; batch = await store.GetAsync(first.Function.App.Project, first.Id, ct))
        {
            var view = BatchView.From(batch);
            if (view != told)
            {
                told = view;
                await stream.WriteAsync(Event(view));
            }

            if (view.Done)
            {
                return;
            }

            await stream.PauseAsync(null, Period);
        }
    }

    private static byte[] Event(BatchView view) =>
    [
        .. "event: "u8, .. view.Done ? "done"u8 : "progress"u8, .. "\ndata: "u8, .. JsonSerializer.SerializeToUtf8Bytes(view, WireJson.Options), .. "\n\n"u8,
    ];
}
