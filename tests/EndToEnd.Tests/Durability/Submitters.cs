using System.Collections.Concurrent;
using System.Net;
using InterCluster.Core.Wire;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Durability;

/// <summary>
/// Clients that submit numbered runs until each is answered 202, whatever happens to the server. Even numbers carry an idempotency key and are simply
/// repeated; odd ones carry none: each repetition of one whose answer was cut off may be a second run.
/// </summary>
internal sealed class Submitters(Node node, int runs)
{
    private readonly int[] _cutOff = new int[runs];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _milestones = new();
    private int _next = -1;
    private int _count;
    private int _notReached;
    private int _refused;

    /// <summary>The number of each run that was answered 202.</summary>
    public ConcurrentDictionary<string, int> Accepted { get; } = new();

    /// <summary>How often an answer was cut off, by number.</summary>
    public IReadOnlyList<int> CutOff => _cutOff;

    /// <summary>Calls that never reached the server.</summary>
    public int NotReached => _notReached;

    /// <summary>Calls that were refused with 503.</summary>
    public int Refused => _refused;

    public static bool HasKey(int number) => number % 2 == 0;

    /// <summary>Completes when so many were accepted.</summary>
    public Task ReachedAsync(int count)
    {
        TaskCompletionSource reached = _milestones.GetOrAdd(count, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Volatile.Read(ref _count) >= count)
        {
            reached.TrySetResult();
        }

        return reached.Task;
    }

    public Task RunAsync(int connections) => Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(SubmitAllAsync)));

    private async Task SubmitAllAsync()
    {
        using HttpClient connection = node.NewConnection();
        for (int number = Interlocked.Increment(ref _next); number < runs; number = Interlocked.Increment(ref _next))
        {
            while (!await TrySubmitAsync(connection, number))
            {
                await node.Up.WaitAsync(Until.Patience);
            }
        }
    }

    private async Task<bool> TrySubmitAsync(HttpClient connection, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{Node.Project}/ledger/append/{number}?async=true");
        request.Content = new StringContent($"entry {number}");
        if (HasKey(number))
        {
            request.Headers.Add(WireHeaders.IdempotencyKey, $"entry-{number}");
        }

        try
        {
            using HttpResponseMessage answer = await connection.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }

            Accept((await Node.Json<RunAccepted>(answer)).RunId, number);
            return true;
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            Interlocked.Increment(ref _notReached);
            return false;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            Interlocked.Increment(ref _cutOff[number]);
            return false;
        }
    }

    private void Accept(string run, int number)
    {
        Assert.True(Accepted.TryAdd(run, number), $"Run {run} was the answer to two submissions");
        int count = Interlocked.Increment(ref _count);
        if (_milestones.TryGetValue(count, out TaskCompletionSource? reached))
        {
            reached.TrySetResult();
        }
    }
}
