using InterCluster.Core.Naming;

namespace InterCluster.Core.Runs;

/// <summary>The commands on many runs, for one.</summary>
public static class RunStoreExtensions
{
    /// <summary>Cancels one run: the state before, or null when the project has none of this id.</summary>
    public static async ValueTask<RunState?> CancelAsync(this IRunStore store, string project, RunId id, CancellationToken ct) =>
        (await store.CancelAsync(project, [id], ct))[0];

    /// <summary>Replays one run: the state before, or null when the project has none of this id.</summary>
    public static async ValueTask<RunState?> ReplayAsync(this IRunStore store, string project, RunId id, CancellationToken ct) =>
        (await store.ReplayAsync(project, [id], ct))[0];
}
