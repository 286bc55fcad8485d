using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Retention;

/// <summary>
/// Removes what is kept no longer, a little at a time with a pause after each commit, so that nobody waits behind it. Every server does; they leave
/// each other's rows alone.
/// </summary>
internal sealed partial class RetentionService(
    IEndedRuns runs, IAppCatalog catalog, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionService> logger) : BackgroundService
{
    // Functions that are looked at together.
    private const int Stretch = 500;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly RunState[] Ends = [RunState.Succeeded, RunState.Failed, RunState.Cancelled, RunState.Dead];

    private readonly RunRetention _most = options.Value.ToPolicy();
    private readonly int _limit = options.Value.Batch;

    /// <summary>One pass; how many runs.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        int removed = 0;
        foreach (NumberedFunction[] functions in (await runs.FunctionsAsync(ct)).Chunk(Stretch))
        {
            foreach (Keeping over in await runs.OverAsync(KeptThing.Results, Kept(functions, ResultsOf), ct))
            {
                await RemoveAsync(token => runs.RemoveResultsAsync(over, _limit, token), ct);
            }

            foreach (Keeping over in await runs.OverAsync(KeptThing.Runs, Kept(functions, (policy, state) => policy.Of(state)), ct))
            {
                removed += await RemoveAsync(token => runs.RemoveAsync(over, _limit, token), ct);
            }
        }

        await RemoveAsync(token => runs.RemoveBatchesAsync(_most.Longest ?? TimeSpan.MaxValue, _limit, token), ct);
        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await RunOnceAsync(stoppingToken) is > 0 and var removed)
                {
                    Removed(removed);
                }
            }
            catch (StoreUnavailableException e)
            {
                Failed(e);
            }
        }
    }

    // An answer that would be kept as long as its run goes with it.
    private static TimeSpan? ResultsOf(RunRetention policy, RunState state) =>
        state != RunState.Cancelled && policy.Results is { } age && !(age >= policy.Of(state)) ? age : null;

    private List<Keeping> Kept(NumberedFunction[] functions, Func<RunRetention, RunState, TimeSpan?> age) =>
        [.. from function in functions
            let policy = PolicyOf(function.Function)
            from state in Ends
            let kept = age(policy, state)
            where kept is not null
            select new Keeping(function.Number, state, kept.Value)];

    // Of an app that is gone, what the server keeps at most: its last file is in force no longer.
    private RunRetention PolicyOf(FunctionId function) =>
        catalog.TryGet(function.App, out Revision? revision) ? revision.Config.Runs.For(function.Function).Retention.Within(_most) : _most;

    private async Task<int> RemoveAsync(Func<CancellationToken, ValueTask<int>> remove, CancellationToken ct)
    {
        int total = 0;
        for (int removed = _limit; removed >= _limit;)
        {
            removed = await remove(ct);
            total += removed;
            if (removed >= _limit)
            {
                await Task.Delay(Pause, time, ct);
            }
        }

        return total;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} runs whose time was over")]
    private partial void Removed(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Runs whose time is over could not be removed; tried again in a minute")]
    private partial void Failed(Exception exception);
}
