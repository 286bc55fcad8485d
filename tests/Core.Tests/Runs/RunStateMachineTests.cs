using InterCluster.Core.Runs;

namespace InterCluster.Core.Tests.Runs;

public sealed class RunStateMachineTests
{
    private static readonly RunState[] States = Enum.GetValues<RunState>();

    [Fact]
    public void Terminal_state_is_left_only_by_a_replay_of_a_failed_or_dead_run()
    {
        IEnumerable<RunTransition> leaving = RunStateMachine.Transitions.Where(t => RunStateMachine.IsTerminal(t.From));

        Assert.Equal(
            [new(RunTrigger.Replay, RunState.Failed, RunState.Queued), new(RunTrigger.Replay, RunState.Dead, RunState.Queued)], leaving);
    }

    [Fact]
    public void Every_state_is_reached_from_the_start_and_every_live_one_leads_to_an_end()
    {
        Assert.Equal(States, Reachable(RunStateMachine.Initial).Order());
        Assert.All(States, state => Assert.Contains(Reachable([state]), RunStateMachine.IsTerminal));
    }

    [Fact]
    public void Function_is_called_only_after_a_claim_of_a_queued_run()
    {
        Assert.Equal(
            [new(RunTrigger.Claim, RunState.Queued, RunState.Running)],
            RunStateMachine.Transitions.Where(t => t.To == RunState.Running));
    }

    [Fact]
    public void Table_has_no_move_twice_and_no_move_that_stays()
    {
        Assert.Distinct(RunStateMachine.Transitions);
        Assert.DoesNotContain(RunStateMachine.Transitions, t => t.From == t.To);
    }

    [Theory]
    [InlineData(RunTrigger.Cancel, RunState.Scheduled, RunState.Queued, RunState.Running)]
    [InlineData(RunTrigger.AppDeleted, RunState.Scheduled, RunState.Queued)]
    [InlineData(RunTrigger.LeaseExpired, RunState.Running)]
    [InlineData(RunTrigger.Due, RunState.Scheduled)]
    public void Sources_are_the_states_that_guard_the_update(RunTrigger trigger, params RunState[] expected)
    {
        Assert.Equal(expected, RunStateMachine.Sources(trigger));
        Assert.All(expected, from => Assert.Contains(RunStateMachine.Targets(trigger), to => RunStateMachine.Allows(trigger, from, to)));
    }

    private static HashSet<RunState> Reachable(IEnumerable<RunState> from)
    {
        HashSet<RunState> seen = [.. from];
        while (RunStateMachine.Transitions.Any(t => seen.Contains(t.From) && seen.Add(t.To)))
        {
        }

        return seen;
    }
}
