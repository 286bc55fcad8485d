using System.Globalization;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InterCluster.Chaos.Harness.Ledger;

/// <summary>
/// A function that notes every call before it does anything else, and answers with the call's serial number. A process of its own, which nothing of the
/// system under test can reach but by calling it. <c>POST /_hold</c>: calls wait at their end; <c>/_free?attempts=N</c>: those
/// of the first N attempts go on.
/// </summary>
internal sealed class LedgerFunction(LedgerFile file, TimeSpan latency, double failures, Random random)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSource();
    private int _freeAttempts = int.MaxValue;
    private int _serial;

    public static async Task RunAsync(int port, string path, TimeSpan latency, double failures, int seed)
    {
        await using var file = new LedgerFile(path);
        var ledger = new LedgerFunction(file, latency, failures, new Random(seed));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using WebApplication app = builder.Build();
        app.Run(ledger.HandleAsync);
        await app.RunAsync();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/_hold":
                // A sync call is of attempt 0, and is held as well.
                Free(-1);
                return Task.CompletedTask;
            case "/_free":
                Free(int.Parse(context.Request.Query["attempts"]!, CultureInfo.InvariantCulture));
                return Task.CompletedTask;
            default:
                // A probe of the server's is no call.
                return context.Request.Headers[WireHeaders.RequestId] is [{ } run] ? CallAsync(context, run) : Task.CompletedTask;
        }
    }

    private async Task CallAsync(HttpContext context, string run)
    {
        string serial = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _serial)}");
        int attempt = int.TryParse(context.Request.Headers[WireHeaders.Attempt], CultureInfo.InvariantCulture, out int given) ? given : 0;
        await file.BeganAsync(serial, run, attempt, TimeProvider.System.GetUtcNow());
        (TimeSpan wait, bool fails) = Draw();
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
        }

        await FreeAsync(attempt);
        int status = fails ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK;
        await file.EndedAsync(serial, status);
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(serial);
    }

    private void Free(int attempts)
    {
        Volatile.Write(ref _freeAttempts, attempts);
        Interlocked.Exchange(ref _changed, NewSource()).SetResult();
    }

    private async Task FreeAsync(int attempt)
    {
        while (true)
        {
            // Taken before the look: a change after it ends the wait.
            Task changed = Volatile.Read(ref _changed).Task;
            if (attempt <= Volatile.Read(ref _freeAttempts))
            {
                return;
            }

            await changed;
        }
    }

    private (TimeSpan Wait, bool Fails) Draw()
    {
        lock (_lock)
        {
            return (2 * latency * random.NextDouble(), random.NextDouble() < failures);
        }
    }
}
