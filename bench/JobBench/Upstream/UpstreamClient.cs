namespace InterCluster.Bench.Jobs.Upstream;

/// <summary>The upstream as the benchmark sees it.</summary>
internal sealed class UpstreamClient(int port) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

    public Uri Work { get; } = new($"http://127.0.0.1:{port}/work");

    public Uri Ready { get; } = new($"http://127.0.0.1:{port}/state");

    public async Task ExpectAsync(int jobs, bool keepIds, CancellationToken ct) =>
        (await _http.GetAsync(new Uri($"/expect?jobs={jobs}{(keepIds ? "&ids" : "")}", UriKind.Relative), ct)).Dispose();

    /// <summary>Jobs per second once the first fifth has come; throws when they do not all come.</summary>
    public async Task<double> DrainedAsync(int jobs, TimeSpan limit, CancellationToken ct)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(limit);
        while (true)
        {
            var state = (await _http.GetFromJsonAsync<UpstreamState>("/state", late.Token))!;
            if (state.Seconds > 0)
            {
                return (jobs - UpstreamApp.Warm(jobs)) / state.Seconds;
            }

            await Task.Delay(100, late.Token);
        }
    }

    /// <summary>Arrivals since the last <see cref="ExpectAsync"/>.</summary>
    public async Task<int> CountAsync(CancellationToken ct) => (await _http.GetFromJsonAsync<UpstreamState>("/state", ct))!.Count;

    public async Task<IReadOnlyDictionary<string, long>> ArrivalsAsync(CancellationToken ct) =>
        (await _http.GetFromJsonAsync<Dictionary<string, long>>("/arrivals", ct))!;

    public void Dispose() => _http.Dispose();
}
