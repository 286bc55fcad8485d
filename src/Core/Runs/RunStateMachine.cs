namespace InterCluster.Core.Runs;

/// <summary>What moves a run from one state to another.</summary>
public enum RunTrigger : byte
{
    /// <summary>Its time has come.</summary>
    Due,

    /// <summary>A worker takes it.</summary>
    Claim,

    /// <summary>Its worker says how the attempt ended.</summary>
    Settle,

    /// <summary>Its worker's lease expired.</summary>
    LeaseExpired,

    /// <summary>A caller cancels it.</summary>
    Cancel,

    /// <summary>It grew too old before it could start.</summary>
    Expire,

    /// <summary>Its app was deleted.</summary>
    AppDeleted,

    /// <summary>A caller runs it again.</summary>
    Replay,
}

/// <summary>A move that is allowed.</summary>
/// <param name="Trigger">What moves it.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state after.</param>
public readonly record struct RunTransition(RunTrigger Trigger, RunState From, RunState To);

/// <summary>
/// The table of the moves that a run can make: the only ones. A terminal state is left by nothing but an explicit replay, and only when it is
/// failed or dead. See docs/state-machine.md.
/// </summary>
public static class RunStateMachine
{
    /// <summary>Where a run begins.</summary>
    public static readonly IReadOnlyList<RunState> Initial = [RunState.Queued, RunState.Scheduled];

    /// <summary>All allowed moves.</summary>
    public static readonly IReadOnlyList<RunTransition> Transitions =
    [
        new(RunTrigger.Due, RunState.Scheduled, RunState.Queued),
        new(RunTrigger.Claim, RunState.Queued, RunState.Running),
        new(RunTrigger.Settle, RunState.Running, RunState.Succeeded),
        new(RunTrigger.Settle, RunState.Running, RunState.Failed),
        new(RunTrigger.Settle, RunState.Running, RunState.Dead),
        new(RunTrigger.Settle, RunState.Running, RunState.Scheduled),
        new(RunTrigger.Settle, RunState.Running, RunState.Queued),
        new(RunTrigger.LeaseExpired, RunState.Running, RunState.Queued),
        new(RunTrigger.LeaseExpired, RunState.Running, RunState.Dead),
        new(RunTrigger.Cancel, RunState.Scheduled, RunState.Cancelled),
        new(RunTrigger.Cancel, RunState.Queued, RunState.Cancelled),
        new(RunTrigger.Cancel, RunState.Running, RunState.Cancelled),
        new(RunTrigger.Expire, RunState.Scheduled, RunState.Dead),
        new(RunTrigger.Expire, RunState.Queued, RunState.Dead),
        new(RunTrigger.AppDeleted, RunState.Scheduled, RunState.Failed),
        new(RunTrigger.AppDeleted, RunState.Queued, RunState.Failed),
        new(RunTrigger.Replay, RunState.Failed, RunState.Queued),
        new(RunTrigger.Replay, RunState.Dead, RunState.Queued),
    ];

    /// <summary>True when the move is in the table.</summary>
    public static bool Allows(RunTrigger trigger, RunState from, RunState to) => Transitions.Contains(new RunTransition(trigger, from, to));

    /// <summary>The states that a trigger moves a run out of: what guards its update.</summary>
    public static IReadOnlyList<RunState> Sources(RunTrigger trigger) =>
        [.. Transitions.Where(t => t.Trigger == trigger).Select(t => t.From).Distinct()];

    /// <summary>The states that a trigger may bring about.</summary>
    public static IReadOnlyList<RunState> Targets(RunTrigger trigger) =>
        [.. Transitions.Where(t => t.Trigger == trigger).Select(t => t.To).Distinct()];

    /// <summary>True for a state that a run ends in.</summary>
    public static bool IsTerminal(RunState state) => state is RunState.Succeeded or RunState.Failed or RunState.Cancelled or RunState.Dead;
}
