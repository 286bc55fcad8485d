using System.Collections.Concurrent;
using System.Net;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>Callers that call without a pause, each through one of the gateways that it is given for each call.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _callers;
    private long _succeeded;

    public Load(int callers, string path, Func<GatewayProcess?> next)
    {
        _callers = [.. Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(path, next)))];
    }

    public long Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>What came instead of 200.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    public async Task ReachAsync(long more, TimeSpan limit)
    {
        long goal = Succeeded + more;
        long began = TimeProvider.System.GetTimestamp();
        while (Succeeded < goal)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < limit, $"{goal - Succeeded} of {more} calls are missing after {limit}; failures: {string.Join("; ", Failures.TakeLast(5))}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Lets calls in flight end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_callers);
        _stop.Dispose();
    }

    private async Task CallAsync(string path, Func<GatewayProcess?> next)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (next() is not { } gateway)
            {
                await Task.Yield();
                continue;
            }

            try
            {
                using HttpResponseMessage answer = await gateway.Client.PostAsync(path, new StringContent("ping"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    Interlocked.Increment(ref _succeeded);
                }
                else
                {
                    Failures.Enqueue($"{gateway.Address.Port}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Failures.Enqueue($"{gateway.Address.Port}: {e.GetType().Name} {e.Message} {e.InnerException?.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
