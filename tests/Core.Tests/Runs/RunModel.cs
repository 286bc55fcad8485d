using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Tests.Runs;

/// <summary>
/// One run under the rules that every store keeps: guarded moves out of the table, numbered leases, attempts and crashes counted apart. The
/// properties run the real table and the real retry decision through it.
/// </summary>
internal sealed class RunModel(int maxAttempts, int maxCrashes)
{
    private static readonly FunctionId Function = new(new AppId("p-test", "app"), "f");
    private static readonly RunRequest Request = new("POST", "/f", [], default);

    public RunId Id { get; } = new(Guid.NewGuid());

    public RunState State { get; private set; } = RunState.Queued;

    public long Lease { get; private set; }

    public int Attempt { get; private set; }

    public int Crashes { get; private set; }

    /// <summary>Moves made: what a store's version column would say.</summary>
    public int Version { get; private set; }

    public DateTimeOffset RunAt { get; private set; }

    public ClaimedRun? Claim()
    {
        if (!Move(RunTrigger.Claim, RunState.Running))
        {
            return null;
        }

        Attempt++;
        Lease++;
        return new ClaimedRun(Id, Function, Request, Attempt, maxAttempts, Lease, Crashes);
    }

    public bool Settle(Settlement settlement)
    {
        if (settlement.Lease != Lease || !Move(RunTrigger.Settle, settlement.State))
        {
            return false;
        }

        Attempt -= settlement.NotAnAttempt ? 1 : 0;
        RunAt = settlement.RunAt ?? RunAt;
        return true;
    }

    public bool ExpireLease()
    {
        bool dead = Crashes + 1 >= maxCrashes;
        if (!Move(RunTrigger.LeaseExpired, dead ? RunState.Dead : RunState.Queued))
        {
            return false;
        }

        Crashes++;
        return true;
    }

    public bool FallDue() => Move(RunTrigger.Due, RunState.Queued);

    public bool Cancel() => Move(RunTrigger.Cancel, RunState.Cancelled);

    public bool DeleteApp() => Move(RunTrigger.AppDeleted, RunState.Failed);

    private bool Move(RunTrigger trigger, RunState to)
    {
        if (!RunStateMachine.Allows(trigger, State, to))
        {
            return false;
        }

        State = to;
        Version++;
        return true;
    }
}
