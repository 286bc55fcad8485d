using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Fleet;

/// <summary>A live replica, as a decision sees it. Those that drain already are not among them.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">Its revision's number.</param>
/// <param name="IsReady">True when it has been ready, even if its readiness probe fails now.</param>
/// <param name="InFlight">Calls in flight in it.</param>
/// <param name="Age">Higher is newer.</param>
internal readonly record struct LiveReplica(ReplicaId Id, int Revision, bool IsReady, int InFlight, long Age);

/// <summary>What there is and what there shall be.</summary>
/// <param name="Desired">How many replicas are wanted.</param>
/// <param name="Serving">The revision that takes the calls.</param>
/// <param name="ServingBudget">So many replicas of it may be started now.</param>
/// <param name="Candidate">A newer revision that is to take over; null without one.</param>
/// <param name="CandidateBudget">So many replicas of it may be started now.</param>
/// <param name="CandidateIsFixed">True when the candidate's replicas run elsewhere: a dead address must not hold up the others.</param>
/// <param name="CandidateDesired">How many replicas the candidate shall have.</param>
/// <param name="Live">The live replicas of all revisions.</param>
/// <param name="IsRolledOut">False while the candidate has not all of the traffic yet.</param>
internal sealed record FleetState(
    int Desired, int Serving, int ServingBudget, int? Candidate, int CandidateBudget, bool CandidateIsFixed, int CandidateDesired,
    IReadOnlyList<LiveReplica> Live, bool IsRolledOut = true);

/// <summary>What to do about it.</summary>
/// <param name="Promote">The candidate takes over.</param>
/// <param name="StartServing">Replicas of the serving revision (after promotion: the former candidate) to start.</param>
/// <param name="StartCandidate">Replicas of the candidate to start.</param>
/// <param name="Drain">Replicas to drain and stop.</param>
internal sealed record FleetActions(bool Promote, int StartServing, int StartCandidate, IReadOnlyList<ReplicaId> Drain);

/// <summary>
/// The decision, and nothing else. A new revision starts beside the serving one and takes over when as many of it are ready as the serving one
/// has (of those that are wanted); until then, and for ever if it never gets there, the serving one is kept at the desired count. One that is rolled out in steps takes over with its last step.
/// </summary>
internal static class FleetPlan
{
    public static FleetActions Decide(FleetState state)
    {
        if (state.Candidate is not int candidate)
        {
            return Keep(state, state.Serving, state.Desired, state.ServingBudget, promote: false);
        }

        int serving = state.Live.Count(r => r.Revision == state.Serving);
        int needed = Needed(state, serving);
        if (serving == 0 || (CanTakeOver(state) && (state.IsRolledOut || needed == 0)))
        {
            return Keep(state, candidate, state.CandidateDesired, state.CandidateBudget, promote: true);
        }

        FleetActions kept = Keep(state, state.Serving, state.Desired, state.ServingBudget, promote: false);
        int wanted = state.CandidateIsFixed ? state.CandidateDesired : needed;
        int missing = wanted - state.Live.Count(r => r.Revision == candidate);
        return kept with
        {
            StartCandidate = Math.Clamp(missing, 0, Math.Max(0, state.CandidateBudget)),
            Drain = [.. kept.Drain.Where(id => state.Live.First(r => r.Id == id).Revision != candidate)],
        };
    }

    /// <summary>True when as many of the candidate are ready as it needs for all of the traffic.</summary>
    public static bool CanTakeOver(FleetState state) =>
        state.Candidate is int candidate
        && state.Live.Count(r => r.Revision == candidate && r.IsReady) >= Needed(state, state.Live.Count(r => r.Revision == state.Serving));

    private static int Needed(FleetState state, int serving) =>
        state.CandidateDesired == 0 ? 0 : state.CandidateIsFixed ? 1 : Math.Max(1, Math.Min(state.CandidateDesired, serving));

    private static FleetActions Keep(FleetState state, int revision, int desired, int budget, bool promote)
    {
        LiveReplica[] own = [.. state.Live.Where(r => r.Revision == revision)];
        IEnumerable<ReplicaId> drain = state.Live.Where(r => r.Revision != revision).Select(r => r.Id);
        IEnumerable<ReplicaId> excess = LeastMissed(own).Take(own.Length - desired).Select(r => r.Id);
        int start = Math.Clamp(desired - own.Length, 0, Math.Max(0, budget));
        return new FleetActions(promote, start, 0, [.. drain, .. excess]);
    }

    /// <summary>Those that serve nobody yet, then the idle ones, then those with the fewest calls; the newest first among equals.</summary>
    private static IEnumerable<LiveReplica> LeastMissed(LiveReplica[] replicas) =>
        replicas.OrderBy(r => r.IsReady).ThenBy(r => r.InFlight).ThenByDescending(r => r.Age);
}
