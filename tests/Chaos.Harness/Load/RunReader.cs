using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Machines;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Chaos.Harness.Load;

/// <summary>Reads the runs through the API, as often as it is asked to and whoever is alive, and keeps every terminal state that it has seen.</summary>
internal sealed class RunReader(Cluster cluster) : IDisposable
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private readonly HttpClient[] _clients = [.. cluster.Gateways.Select(cluster.NewCaller)];

    public ConcurrentDictionary<Sighting, bool> Sightings { get; } = new();

    /// <summary>Looks at the newest runs until cancelled.</summary>
    public async Task WatchAsync(CancellationToken ct)
    {
        using var pace = new PeriodicTimer(LookPeriod);
        try
        {
            while (await pace.WaitForNextTickAsync(ct))
            {
                await ReadAsync(pages: 3, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    /// <summary>Reads every run; those that are not terminal are returned.</summary>
    public Task<List<RunView>> ReadAllAsync(CancellationToken ct) => ReadAsync(int.MaxValue, ct);

    /// <summary>True when no run of the app is scheduled, queued or running.</summary>
    public async Task<bool> IsQuietAsync(CancellationToken ct)
    {
        List<RunView> open = [];
        foreach (RunState state in Enum.GetValues<RunState>().Where(s => !RunStateMachine.IsTerminal(s)))
        {
            open.AddRange((await GetAsync<RunListView>($"runs?limit=1&state={state.ToString().ToLowerInvariant()}", ct)).Runs);
        }

        return open.Count == 0;
    }

    /// <summary>The stored result; null when there is none.</summary>
    public async Task<string?> ResultAsync(string run, CancellationToken ct)
    {
        using HttpResponseMessage answer = await AskAsync($"runs/{run}/result", ct);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(ct) : null;
    }

    public void Dispose() => Array.ForEach(_clients, c => c.Dispose());

    public static int Number(RunView run) => int.Parse(run.Path[(run.Path.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);

    private async Task<List<RunView>> ReadAsync(int pages, CancellationToken ct)
    {
        var open = new List<RunView>();
        string? cursor = "";
        for (int page = 0; page < pages && cursor is not null; page++)
        {
            RunListView runs = await GetAsync<RunListView>($"runs?limit=1000{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}", ct);
            foreach (RunView run in runs.Runs)
            {
                if (RunStateMachine.IsTerminal(run.State))
                {
                    Sightings.TryAdd(new Sighting(run.RunId, Number(run), run.State, run.Attempt, run.FinishedAt ?? DateTimeOffset.MinValue), true);
                    Times.TryAdd(run.RunId, (run.FinishedAt ?? run.CreatedAt) - run.CreatedAt);
                }
                else
                {
                    open.Add(run);
                }
            }

            cursor = runs.NextCursor;
        }

        return open;
    }

    /// <summary>From acceptance to the terminal state, by run.</summary>
    public ConcurrentDictionary<string, TimeSpan> Times { get; } = new();

    private async Task<T> GetAsync<T>(string path, CancellationToken ct)
    {
        using HttpResponseMessage answer = await AskAsync(path, ct);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<T>(WireJson.Options, ct))!;
    }

    // Whoever is asked may just have been killed.
    private async Task<HttpResponseMessage> AskAsync(string path, CancellationToken ct)
    {
        for (int attempt = 0; ; attempt++)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                HttpResponseMessage answer = await _clients[attempt % _clients.Length].GetAsync($"/api/v1/projects/{Cluster.Project}/{path}", ct);
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                {
                    return answer;
                }

                answer.Dispose();
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
            {
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, ct);
        }
    }
}
