using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Runs;

/// <summary>
/// Cancels or replays whatever a filter finds: page by page, each page one commit, so that nothing else waits long for it. What is accepted after it began is
/// left alone. Ends at a limit or after a time, and then says that there is more.
/// </summary>
internal sealed class ManyRuns(IRunStore store, IAppCatalog catalog, IRunAnnouncer announcer, TimeProvider time)
{
    private const int PageSize = 500;
    private const int MaxShown = 100;
    private const int MaxRounds = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly RunState[] Live = [RunState.Scheduled, RunState.Queued, RunState.Running];
    private static readonly RunState[] Ended = [RunState.Dead, RunState.Failed];

    private readonly IRunStore _store = store;
    private readonly IAppCatalog _catalog = catalog;
    private readonly TimeProvider _time = time;

    /// <summary>Cancels what has not ended.</summary>
    public async Task<RunsChangeView> CancelAsync(RunFilter filter, long limit, bool dryRun, CancellationToken ct)
    {
        var pass = new Pass(this, Bounded(filter), Live, limit, dryRun, CancelPageAsync);
        // A run may slip from a state that is still to be looked at into one that has been.
        for (int round = 0; round < MaxRounds; round++)
        {
            long before = pass.Changed;
            await pass.RunAsync(ct);
            if (dryRun || pass.Changed == before || pass.More)
            {
                break;
            }
        }

        return pass.View();
    }

    /// <summary>Replays what is dead or failed, and whose app is there.</summary>
    public async Task<RunsChangeView> ReplayAsync(RunFilter filter, long limit, bool dryRun, CancellationToken ct)
    {
        var pass = new Pass(this, Bounded(filter), Ended, limit, dryRun, ReplayPageAsync);
        await pass.RunAsync(ct);
        return pass.View();
    }

    private RunFilter Bounded(RunFilter filter)
    {
        if (filter.Batch is not null)
        {
            return filter; // A batch is bounded by itself.
        }

        DateTimeOffset now = _time.GetUtcNow().AddTicks(TimeSpan.TicksPerMicrosecond);
        return filter.To is { } to && to < now ? filter : filter with { To = now };
    }

    private async Task<int> CancelPageAsync(string project, IReadOnlyList<RunInfo> runs)
    {
        IReadOnlyList<RunState?> before = await _store.CancelAsync(project, [.. runs.Select(r => r.Id)], CancellationToken.None);
        return before.Count(b => b is { } state && !RunStateMachine.IsTerminal(state));
    }

    private async Task<int> ReplayPageAsync(string project, IReadOnlyList<RunInfo> runs)
    {
        IReadOnlyList<RunState?> before = await _store.ReplayAsync(project, [.. runs.Select(r => r.Id)], CancellationToken.None);
        foreach (FunctionId function in runs.Select(r => r.Function).Distinct())
        {
            announcer.AnnounceSome(function);
        }

        return before.Count(b => b is { } state && RunStateMachine.Allows(RunTrigger.Replay, state, RunState.Queued));
    }

    private sealed class Pass(
        ManyRuns owner, RunFilter filter, RunState[] states, long limit, bool dryRun, Func<string, IReadOnlyList<RunInfo>, Task<int>> change)
    {
        private readonly long _began = owner._time.GetTimestamp();
        private readonly List<string> _first = [];
        private long _matched;

        public long Changed { get; private set; }

        public bool More { get; private set; }

        public RunsChangeView View() => new() { DryRun = dryRun, Matched = _matched, Changed = Changed, More = More, RunIds = _first };

        public async Task RunAsync(CancellationToken ct)
        {
            // A batch or a tag is read once, whatever the states; elsewhere each state is a range of its own.
            bool marked = filter.Batch is not null || filter.Tag is not null;
            foreach (RunState? state in filter.State is { } only ? [only] : marked ? new RunState?[] { null } : states.Select(s => (RunState?)s))
            {
                await PagesAsync(filter with { State = state }, ct);
            }
        }

        private async Task PagesAsync(RunFilter part, CancellationToken ct)
        {
            RunId? cursor = null;
            do
            {
                RunPage page = await owner._store.ListAsync(part, cursor, PageSize, ct);
                List<RunInfo> found = [.. page.Runs.Where(IsMeant)];
                int room = (int)Math.Min(found.Count, limit - _matched);
                await TakeAsync(part.Project, found[..room]);
                cursor = page.Next;
                More |= room < found.Count || (cursor is not null && (_matched >= limit || owner._time.GetElapsedTime(_began) >= Longest));
            }
            while (cursor is not null && !More);
        }

        private async Task TakeAsync(string project, List<RunInfo> runs)
        {
            if (runs.Count == 0)
            {
                return;
            }

            _matched += runs.Count;
            _first.AddRange(runs.Take(MaxShown - _first.Count).Select(r => r.Id.ToString()));
            Changed += dryRun ? 0 : await change(project, runs);
        }

        // A run of a deleted app would wait for ever.
        private bool IsMeant(RunInfo run) =>
            states.Contains(run.State) && (states == Live || owner._catalog.TryGet(run.Function.App, out _));
    }
}
