namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>Contenders that run at the same time, and end together.</summary>
internal sealed class Running : IAsyncDisposable
{
    private readonly List<Contender> _all = [];

    public IReadOnlyList<Contender> All => _all;

    public static async Task<Running> StartAsync<T>(IEnumerable<T> names, Func<T, Task<Contender>> start)
    {
        var running = new Running();
        try
        {
            foreach (var name in names)
            {
                running._all.Add(await start(name));
            }

            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    public async Task CollectNotesAsync(Dictionary<string, string> notes, CancellationToken ct)
    {
        foreach (var contender in _all.Where(contender => contender.Notes is not null))
        {
            notes[contender.Name] = await contender.Notes!(ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var contender in _all)
        {
            await contender.DisposeAsync();
        }
    }
}
