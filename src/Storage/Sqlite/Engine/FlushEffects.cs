using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>A run of a function, and maybe of a batch, went from one state to another; null: it is new.</summary>
internal readonly record struct StateChange(int FunctionId, long? Batch, RunState? From, RunState To);

/// <summary>What the changes of a group mean for the world outside the file: told only after the commit.</summary>
internal sealed class FlushEffects
{
    public List<StateChange> Changes { get; } = [];

    public List<RunId> Finished { get; } = [];

    public List<RunId> CancelRequested { get; } = [];

    /// <summary>Where a rolled-back operation returns to.</summary>
    public (int Changes, int Finished, int CancelRequested) Mark => (Changes.Count, Finished.Count, CancelRequested.Count);

    public void Changed(RunId id, int functionId, long? batch, RunState? from, RunState to)
    {
        Changes.Add(new StateChange(functionId, batch, from, to));
        if (RunStateMachine.IsTerminal(to))
        {
            Finished.Add(id);
        }
    }

    public void RollBackTo((int Changes, int Finished, int CancelRequested) mark)
    {
        Changes.RemoveRange(mark.Changes, Changes.Count - mark.Changes);
        Finished.RemoveRange(mark.Finished, Finished.Count - mark.Finished);
        CancelRequested.RemoveRange(mark.CancelRequested, CancelRequested.Count - mark.CancelRequested);
    }

    public void Clear() => RollBackTo(default);
}
