using System.Buffers;
using System.Text.Json;
using InterCluster.Api.Runs;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Batches;

/// <summary>
/// <c>GET batches/{id}/results</c>: a line of NDJSON for each run, in the order of the batch's lines, from <c>after</c> on. With <c>follow</c> each run is waited
/// for, so that the stream ends with the batch. Holds one stretch of results in memory, whatever the length.
/// </summary>
internal static class BatchResults
{
    private const int Stretch = 256;
    private const long StretchBytes = 1 << 20;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    public static async Task GetAsync(
        HttpContext context, string project, string id, IBatchStore store, RunWaiters waiters, ICallerAuthenticator authenticator,
        IHostApplicationLifetime lifetime, TimeProvider time)
    {
        RunQuery query = RunQuery.Of(context, "after", "follow", "state");
        long after = query.Whole("after", 0, 0, long.MaxValue);
        bool follow = query.Switch("follow");
        RunState? state = query.State();
        if (await BatchEndpoints.FindAsync(context, query, project, id, store) is not { } batch)
        {
            return;
        }

        using var stream = new LiveStream(context, "application/x-ndjson", "\n"u8.ToArray(), authenticator, lifetime, time);
        await stream.RunAsync(ct => CopyAsync(stream, store, waiters, batch, after, follow, state, ct));
    }

    private static async Task CopyAsync(
        LiveStream stream, IBatchStore store, RunWaiters waiters, BatchInfo batch, long after, bool follow, RunState? state, CancellationToken ct)
    {
        string project = batch.Function.App.Project;
        var line = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(line);
        while (true)
        {
            // Read before the results: a run that comes after them comes before its batch is done.
            bool over = !follow || (await store.GetAsync(project, batch.Id, ct))?.State is null or not BatchState.Receiving;
            IReadOnlyList<BatchResult> results = await store.ReadResultsAsync(project, batch.Id, after, Stretch, StretchBytes, ct);
            if (results.Count == 0 && over)
            {
                return;
            }

            RunInfo? open = null;
            foreach (BatchResult result in results)
            {
                if (follow && !RunStateMachine.IsTerminal(result.Run.State))
                {
                    open = result.Run;
                    break;
                }

                after = result.Run.Line!.Value;
                if (state is null || result.Run.State == state)
                {
                    ResultLine.Write(json, line, result);
                    await stream.WriteAsync(line.WrittenMemory);
                    line.ResetWrittenCount();
                }
            }

            if (open is not null || results.Count == 0)
            {
                await stream.PauseAsync(open is { } run ? limited => waiters.WaitAsync(project, run.Id, Poll, limited) : null, Poll);
            }
        }
    }
}
