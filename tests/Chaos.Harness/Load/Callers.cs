using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using InterCluster.Chaos.Harness.Machines;
using InterCluster.Core.Wire;

namespace InterCluster.Chaos.Harness.Load;

/// <summary>
/// Clients that submit numbered runs until each is answered 202, whatever happens to whom. Even numbers carry an idempotency key and are simply repeated;
/// odd ones carry none: each repetition of one whose answer was cut off may be a second run.
/// </summary>
internal sealed class Callers(Cluster cluster, int runs, TimeSpan over)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<int, int> _cutOff = new();
    private long _began;
    private int _next = -1;
    private int _notReached;
    private int _refused;

    /// <summary>The number of each run that was answered 202.</summary>
    public ConcurrentDictionary<string, int> Accepted { get; } = new();

    /// <summary>How often an answer was cut off, by number, of those without a key.</summary>
    public IReadOnlyDictionary<int, int> CutOff => _cutOff;

    /// <summary>Calls that never reached a server.</summary>
    public int NotReached => _notReached;

    /// <summary>Calls that were refused with 503 and a <c>Retry-After</c>.</summary>
    public int Refused => _refused;

    /// <summary>Answers that nothing allows.</summary>
    public ConcurrentQueue<string> Unexpected { get; } = new();

    private static bool HasKey(int number) => number % 2 == 0;

    public Task RunAsync(int connections, CancellationToken ct)
    {
        _began = TimeProvider.System.GetTimestamp();
        return Task.WhenAll(Enumerable.Range(0, connections).Select(n => Task.Run(() => SubmitAllAsync(n, ct), CancellationToken.None)));
    }

    private async Task SubmitAllAsync(int connection, CancellationToken ct)
    {
        HttpClient[] clients = [.. cluster.Gateways.Select(cluster.NewCaller)];
        int gateway = connection % clients.Length;
        try
        {
            for (int number = Interlocked.Increment(ref _next); number < runs; number = Interlocked.Increment(ref _next))
            {
                await DueAsync(number, ct);
                while (!await TrySubmitAsync(clients[gateway], number))
                {
                    gateway = (gateway + 1) % clients.Length;
                    await Task.Delay(Pause, TimeProvider.System, ct);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        finally
        {
            Array.ForEach(clients, c => c.Dispose());
        }
    }

    // The faults have to meet the load: it is spread over their time.
    private async Task DueAsync(int number, CancellationToken ct)
    {
        TimeSpan wait = (over * number / runs) - TimeProvider.System.GetElapsedTime(_began);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, TimeProvider.System, ct);
        }
    }

    private async Task<bool> TrySubmitAsync(HttpClient client, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{Cluster.Project}/{Cluster.App}/append/{number}?async=true");
        request.Content = new StringContent($"entry {number}");
        if (HasKey(number))
        {
            request.Headers.Add(WireHeaders.IdempotencyKey, $"entry-{number}");
        }

        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request);
            return await TakeAsync(answer, number);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            Interlocked.Increment(ref _notReached);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            Doubt(number);
        }

        return false;
    }

    private async Task<bool> TakeAsync(HttpResponseMessage answer, int number)
    {
        if (answer.StatusCode == HttpStatusCode.Accepted)
        {
            string run = (await answer.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId;
            if (!Accepted.TryAdd(run, number))
            {
                Unexpected.Enqueue($"{run} was the answer to two submissions");
            }

            return true;
        }

        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null)
        {
            Interlocked.Increment(ref _refused);
            // A commit whose outcome nobody knows is refused too: it may stand.
            Doubt(number);
        }
        else
        {
            Unexpected.Enqueue($"{(int)answer.StatusCode} to submission {number}: {await answer.Content.ReadAsStringAsync()}");
            Doubt(number);
        }

        return false;
    }

    private void Doubt(int number)
    {
        if (!HasKey(number))
        {
            _cutOff.AddOrUpdate(number, 1, (_, n) => n + 1);
        }
    }
}
