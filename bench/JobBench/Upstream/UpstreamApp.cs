using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace InterCluster.Bench.Jobs.Upstream;

/// <summary>
/// What every job calls, and the judge of all: it counts the POSTs that arrive and remembers when the last of the first fifth and the last of all came: what
/// is measured is a system that is warm. Ids of requests are kept while asked for, with the time of arrival. A call may ask to take a while.
/// </summary>
internal static class UpstreamApp
{
    private static readonly ConcurrentDictionary<string, long> Arrivals = new();
    private static long _warm;
    private static long _last;
    private static int _expected;
    private static int _count;
    private static bool _keepIds;

    public static async Task<int> RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(o =>
        {
            o.UnsafePreferInlineScheduling = true;
            o.IOQueueCount = 1;
        });
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Listen(IPAddress.Loopback, port);
        });
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync();
        return 0;
    }

    private static Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/work" => WorkAsync(context),
        "/expect" => ExpectAsync(context),
        "/state" => context.Response.WriteAsJsonAsync(new UpstreamState(Volatile.Read(ref _count), Seconds())),
        "/arrivals" => context.Response.WriteAsJsonAsync(Arrivals),
        _ => Task.CompletedTask,
    };

    private static async Task WorkAsync(HttpContext context)
    {
        var now = Stopwatch.GetTimestamp();
        var count = Interlocked.Increment(ref _count);
        if (count == Warm(Volatile.Read(ref _expected)))
        {
            Volatile.Write(ref _warm, now);
        }

        if (count == Volatile.Read(ref _expected))
        {
            Volatile.Write(ref _last, now);
        }

        if (_keepIds && context.Request.Headers["X-Request-Id"] is [{ } id])
        {
            Arrivals.TryAdd(id, now);
        }

        if (context.Request.Query["ms"] is [{ } milliseconds])
        {
            await Task.Delay(int.Parse(milliseconds), context.RequestAborted);
        }

        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.ContentLength = 2;
        await context.Response.Body.WriteAsync("ok"u8.ToArray(), context.RequestAborted);
    }

    private static Task ExpectAsync(HttpContext context)
    {
        Arrivals.Clear();
        (_count, _warm, _last) = (0, 0, 0);
        _expected = int.Parse(context.Request.Query["jobs"]!);
        _keepIds = context.Request.Query.ContainsKey("ids");
        return Task.CompletedTask;
    }

    /// <summary>How many of the jobs are not measured.</summary>
    public static int Warm(int jobs) => Math.Max(1, jobs / 5);

    // From the end of the first fifth to the last job; 0 until that has come.
    private static double Seconds() =>
        Volatile.Read(ref _last) is var last && last > 0 ? Stopwatch.GetElapsedTime(Volatile.Read(ref _warm), last).TotalSeconds : 0;
}
