using CsCheck;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Fleet;

namespace InterCluster.Replicas.Tests.Fleet;

public sealed class FleetPlanTests
{
    private const int Old = 1;
    private const int New = 2;

    private static readonly Gen<FleetState> States =
        from desired in Gen.Int[0, 6]
        from candidate in Gen.Bool
        from fixedCandidate in Gen.Bool
        from budgets in Gen.Select(Gen.Int[-1, 6], Gen.Int[-1, 6])
        from replicas in Gen.Select(Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 3]).Array[0, 10]
        select new FleetState(
            desired, Old, budgets.Item1, candidate ? New : null, budgets.Item2, fixedCandidate, desired,
            [.. replicas.Select((r, i) => new LiveReplica(new ReplicaId($"{i}"), r.Item1, r.Item2, r.Item3, i))]);

    [Fact]
    public void Missing_replicas_are_started_within_the_budget()
    {
        Assert.Equal(3, FleetPlan.Decide(State(desired: 4, budget: 10, [Ready("a", Old)])).StartServing);
        Assert.Equal(2, FleetPlan.Decide(State(desired: 4, budget: 2, [Ready("a", Old)])).StartServing);
        Assert.Equal(0, FleetPlan.Decide(State(desired: 4, budget: 0, [])).StartServing);
    }

    [Fact]
    public void Scaling_down_takes_those_that_serve_nobody_then_the_idle_then_the_newest()
    {
        LiveReplica[] live =
        [
            Ready("old idle", Old, age: 1), Ready("busy", Old, inFlight: 5, age: 2), Ready("new idle", Old, age: 3), Starting("starting", Old, age: 0),
        ];

        Assert.Equal(["starting"], Drained(3));
        Assert.Equal(["starting", "new idle"], Drained(2));
        Assert.Equal(["starting", "new idle", "old idle"], Drained(1));
        Assert.Equal(["starting", "new idle", "old idle", "busy"], Drained(0));

        IEnumerable<string> Drained(int desired) => FleetPlan.Decide(State(desired, 10, live)).Drain.Select(d => d.Value);
    }

    [Fact]
    public void A_candidate_gets_as_many_replicas_as_the_serving_one_has()
    {
        FleetActions actions = FleetPlan.Decide(State(3, 10, [Ready("a", Old), Ready("b", Old), Ready("c", Old)], New));

        Assert.Equal((false, 0, 3), (actions.Promote, actions.StartServing, actions.StartCandidate));
        Assert.Empty(actions.Drain);
    }

    [Fact]
    public void A_candidate_takes_over_when_enough_of_it_are_ready()
    {
        LiveReplica[] live = [Ready("a", Old), Ready("b", Old), Ready("x", New)];
        Assert.False(FleetPlan.Decide(State(2, 10, [.. live, Starting("y", New)], New)).Promote);

        FleetActions actions = FleetPlan.Decide(State(2, 10, [.. live, Ready("y", New)], New));

        Assert.True(actions.Promote);
        Assert.Equal(["a", "b"], actions.Drain.Select(d => d.Value));
    }

    [Fact]
    public void A_candidate_that_is_rolled_out_takes_over_with_its_last_step_and_both_are_kept_until_then()
    {
        FleetState state = State(2, 10, [Ready("a", Old), Ready("b", Old), Ready("x", New), Ready("y", New)], New);

        FleetActions actions = FleetPlan.Decide(state with { IsRolledOut = false });
        Assert.Equal((false, 0, 0), (actions.Promote, actions.StartServing, actions.StartCandidate));
        Assert.Empty(actions.Drain);
        Assert.True(FleetPlan.Decide(state).Promote);
        // Nothing is left to keep the calls.
        Assert.True(FleetPlan.Decide(State(2, 10, [Ready("x", New)], New) with { IsRolledOut = false }).Promote);
    }

    [Fact]
    public void A_candidate_whose_starts_were_given_up_changes_nothing()
    {
        FleetActions actions = FleetPlan.Decide(State(2, 10, [Ready("a", Old)], New, candidateBudget: 0));

        Assert.Equal((false, 1, 0), (actions.Promote, actions.StartServing, actions.StartCandidate));
        Assert.Empty(actions.Drain);
    }

    [Fact]
    public void A_candidate_with_nobody_serving_takes_over_at_once()
    {
        FleetActions actions = FleetPlan.Decide(State(0, 10, [], New));

        Assert.Equal((true, 0), (actions.Promote, actions.StartServing));
    }

    [Fact]
    public void Replicas_of_any_other_revision_are_drained()
    {
        FleetActions actions = FleetPlan.Decide(State(1, 10, [Ready("a", Old), Ready("z", 0)], New));

        Assert.Equal(["z"], actions.Drain.Select(d => d.Value));
    }

    [Fact]
    public void In_every_state_no_more_is_started_than_allowed_and_what_serves_is_not_taken_away() => States.Sample(state =>
    {
        FleetActions actions = FleetPlan.Decide(state);
        int serving = actions.Promote ? state.Candidate!.Value : state.Serving;
        int own = state.Live.Count(r => r.Revision == serving);
        int drainedOwn = actions.Drain.Count(id => state.Live.Single(r => r.Id == id).Revision == serving);

        Assert.InRange(actions.StartServing, 0, Math.Max(0, actions.Promote ? state.CandidateBudget : state.ServingBudget));
        Assert.InRange(actions.StartCandidate, 0, Math.Max(0, state.CandidateBudget));
        Assert.Equal(actions.Drain.Count, actions.Drain.Distinct().Count());

        // Never below what is wanted, never above it, and never starting with one hand what the other stops.
        Assert.Equal(Math.Max(0, own - state.Desired), drainedOwn);
        Assert.True(own + actions.StartServing <= Math.Max(own, state.Desired));
        Assert.True(actions.StartServing == 0 || drainedOwn == 0);

        // Taking over needs a ready replica of the new one wherever the old one has any that is wanted.
        bool servedBefore = state.Live.Any(r => r.Revision == state.Serving);
        Assert.True(!actions.Promote || !servedBefore || state.Desired == 0 || state.Live.Any(r => r.Revision == state.Candidate && r.IsReady));
    });

    private static FleetState State(int desired, int budget, LiveReplica[] live, int? candidate = null, int candidateBudget = 10) =>
        new(desired, Old, budget, candidate, candidateBudget, CandidateIsFixed: false, desired, live);

    private static LiveReplica Ready(string id, int revision, int inFlight = 0, long age = 0) => new(new ReplicaId(id), revision, true, inFlight, age);

    private static LiveReplica Starting(string id, int revision, long age = 0) => new(new ReplicaId(id), revision, false, 0, age);
}
