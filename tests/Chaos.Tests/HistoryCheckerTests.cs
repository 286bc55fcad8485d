using InterCluster.Chaos.Harness.Histories;
using InterCluster.Core.Runs;

namespace InterCluster.Chaos.Tests;

/// <summary>The checker is worth what it finds: each fault is planted once, alone, and found under its name and under no other.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    // Three runs: one plain, one called twice since its first worker died, one that failed once and was called again. Then one whose answer was cut off.
    private static readonly History Sound = new()
    {
        Accepted = new Dictionary<string, int> { ["a"] = 1, ["b"] = 2, ["c"] = 3 },
        CutOff = new Dictionary<int, int> { [3] = 1 },
        Sightings = [Seen("a", 1), Seen("a", 1), Seen("b", 2, attempt: 2), Seen("c", 3, attempt: 2), Seen("c2", 3)],
        Unfinished = new Dictionary<string, int>(),
        Invocations =
        [
            Call("a", 1, 0), Call("b", 1, 0) with { Status = null }, Call("b", 2, 5), Call("c", 1, 0) with { Status = 500 }, Call("c", 2, 5), Call("c2", 1, 0),
        ],
        Results = new Dictionary<string, string> { ["b"] = "b/2", ["c"] = "c/2" },
    };

    [Fact]
    public void A_sound_history_is_clean()
    {
        Verdict verdict = HistoryChecker.Check(Sound);

        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal((4, 6, 1, 0), (verdict.Runs, verdict.Invocations, verdict.Duplicates, verdict.LateInFlight));
        Assert.Equal(0.25, verdict.DuplicateRate);
    }

    [Fact]
    public void An_accepted_run_without_an_end_is_lost() => Finds(
        Sound with { Accepted = With(Sound.Accepted, "d", 4) }, v => v.Lost, "d");

    [Fact]
    public void An_accepted_run_that_is_still_open_is_lost() => Finds(
        Sound with { Accepted = With(Sound.Accepted, "d", 4), Unfinished = new Dictionary<string, int> { ["d"] = 4 } }, v => v.Lost, "d");

    [Fact]
    public void A_run_that_nobody_submitted_is_a_ghost() => Finds(
        Sound with { Sightings = [.. Sound.Sightings, Seen("x", 9)], Invocations = [.. Sound.Invocations, Call("x", 1, 0)] }, v => v.Ghosts, "x");

    [Fact]
    public void More_runs_than_cut_off_answers_are_ghosts() => Finds(
        Sound with { Sightings = [.. Sound.Sightings, Seen("c3", 3)], Invocations = [.. Sound.Invocations, Call("c3", 1, 0)] }, v => v.Ghosts, "c3");

    [Fact]
    public void An_open_run_that_nobody_submitted_is_a_ghost() => Finds(
        Sound with { Unfinished = new Dictionary<string, int> { ["x"] = 9 } }, v => v.Ghosts, "x");

    [Fact]
    public void Another_terminal_state_later_is_found() => Finds(
        Sound with { Sightings = [.. Sound.Sightings, Seen("a", 1) with { State = RunState.Dead }] }, v => v.MultiTerminal, "a");

    [Fact]
    public void The_same_terminal_state_reached_twice_is_found() => Finds(
        Sound with { Sightings = [.. Sound.Sightings, Seen("a", 1) with { FinishedAt = Noon.AddSeconds(11) }] }, v => v.MultiTerminal, "a");

    [Fact]
    public void A_result_of_an_earlier_attempt_is_stale() => Finds(
        Sound with { Results = new Dictionary<string, string> { ["b"] = "b/1" } }, v => v.StaleWrites, "b");

    [Fact]
    public void A_result_of_another_run_is_stale() => Finds(
        Sound with { Results = new Dictionary<string, string> { ["b"] = "c/2" } }, v => v.StaleWrites, "b");

    [Fact]
    public void A_call_after_the_end_is_found() => Finds(
        Sound with { Invocations = [.. Sound.Invocations, Call("a", 2, 20)] }, v => v.AfterTerminal, "a attempt 2");

    [Fact]
    public void A_call_that_was_on_its_way_when_its_lease_was_lost_is_counted_apart()
    {
        History history = Sound with { Invocations = [.. Sound.Invocations.Where(i => i.Serial != "b/1"), Call("b", 1, 20)] };

        Verdict verdict = HistoryChecker.Check(history);

        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(1, verdict.LateInFlight);
    }

    [Fact]
    public void Two_calls_of_one_attempt_are_found() => Finds(
        Sound with { Invocations = [.. Sound.Invocations, Call("a", 1, 1) with { Serial = "again" }] }, v => v.SameAttempt, "a attempt 1");

    [Fact]
    public void Success_without_a_call_is_found() => Finds(
        Sound with { Invocations = [.. Sound.Invocations.Where(i => i.RunId != "a")] }, v => v.Unfounded, "a");

    [Fact]
    public void A_call_of_a_run_that_is_not_stored_is_found() => Finds(
        Sound with { Invocations = [.. Sound.Invocations, Call("x", 1, 0)] }, v => v.Unfounded, "x");

    private static void Finds(History history, Func<Verdict, IReadOnlyList<string>> counter, string expected)
    {
        Verdict verdict = HistoryChecker.Check(history);

        Assert.Equal([expected], counter(verdict));
        Assert.False(verdict.IsClean);
        IReadOnlyList<string>[] all = [verdict.Lost, verdict.Ghosts, verdict.MultiTerminal, verdict.StaleWrites, verdict.AfterTerminal, verdict.SameAttempt, verdict.Unfounded];
        Assert.Equal(1, all.Sum(found => found.Count));
        Assert.Contains(expected, verdict.ToString());
    }

    private static Sighting Seen(string run, int number, int attempt = 1) => new(run, number, RunState.Succeeded, attempt, Noon.AddSeconds(10));

    private static Invocation Call(string run, int attempt, int second) => new(run, attempt, $"{run}/{attempt}", Noon.AddSeconds(second), 200);

    private static Dictionary<string, int> With(IReadOnlyDictionary<string, int> all, string run, int number) => new(all) { [run] = number };
}
