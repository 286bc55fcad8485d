using InterCluster.Chaos.Harness.Faults;
using InterCluster.Chaos.Harness.Histories;

namespace InterCluster.Chaos.Harness;

/// <summary>What a campaign came to.</summary>
internal sealed record CampaignReport
{
    public required CampaignOptions Options { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Answers to submissions that nothing allows.</summary>
    public required IReadOnlyList<string> Unexpected { get; init; }

    public required int Accepted { get; init; }

    public required int NotReached { get; init; }

    public required int Refused { get; init; }

    public required int CutOff { get; init; }

    public required IReadOnlyDictionary<(string Victim, Deed Deed), int> Done { get; init; }

    /// <summary>From acceptance to the terminal state, in order.</summary>
    public required IReadOnlyList<TimeSpan> Times { get; init; }

    public required TimeSpan Took { get; init; }

    /// <summary>True when every run was accepted and no promise broken.</summary>
    public bool IsClean => Verdict.IsClean && Unexpected.Count == 0 && Accepted == Options.Runs;

    public override string ToString() => string.Join(
        Environment.NewLine,
        [
            $"{Options.Plan.Name}, seed {Options.Seed}: {Accepted} of {Options.Runs} runs accepted in {Took.TotalSeconds:0} s; {NotReached} calls not reached, {Refused} refused with 503, {CutOff} answers in doubt",
            $"faults: {string.Join(", ", Done.OrderBy(d => d.Key).Select(d => $"{d.Key.Deed} {d.Key.Victim} × {d.Value}"))}",
            $"{Verdict.Runs} runs ended, {Verdict.Invocations} calls of the function",
            Verdict.ToString(),
            $"time to terminal: p50 {Percentile(0.5):0.000} s, p99 {Percentile(0.99):0.00} s, longest {Percentile(1):0.0} s",
            .. Unexpected.Take(10).Select(u => $"unexpected: {u}"),
            IsClean ? "clean" : "NOT CLEAN",
        ]);

    private double Percentile(double share) => Times.Count == 0 ? 0 : Times[(int)Math.Min(Times.Count - 1, Times.Count * share)].TotalSeconds;
}
