using System.Globalization;
using InterCluster.Core.Apps;

namespace InterCluster.Core.Scaling;

/// <summary>
/// How many replicas an app shall have: a pure function of its limits and one reading. Up at once, to what the demand needs; down only after
/// the demand was lower for <see cref="ScalingConfig.Cooldown"/>. The same reading gives the same answer, so a constant load settles.
/// </summary>
public static class ScalingPolicy
{
    // A hundredth of a replica is the noise of a measurement, not a reason for one more.
    private const double Noise = 0.01;
    private static readonly TimeSpan ShortestReview = TimeSpan.FromSeconds(1);

    /// <summary>Decides.</summary>
    public static ScalingDecision Decide(ScalingConfig policy, in ScalingInputs inputs)
    {
        int needed = Clamp(policy, Needed(policy, inputs));
        int desired = Clamp(policy, inputs.Desired);
        if (needed > desired)
        {
            return Move(policy, inputs, needed, "up");
        }

        if (desired != inputs.Desired)
        {
            return Move(policy, inputs, desired, desired > inputs.Desired ? "up to the minimum" : "down to the maximum");
        }

        // What is in flight is never cut. It holds up a scale-down only: were it to drive the count up, a target above 100 % and a
        // buffer would raise each other to the maximum.
        int kept = Math.Max(needed, Math.Min(desired, Replicas(inputs.InFlight, policy.ReplicaConcurrency)));
        return kept == desired ? Stay(inputs, "the demand needs as many", null) : Lower(policy, inputs, kept);
    }

    private static ScalingDecision Lower(ScalingConfig policy, in ScalingInputs inputs, int needed)
    {
        if (inputs.ReadyRuns is null || (ScalingMetrics.IsMeasured(policy.Metric) && inputs.Measured is null))
        {
            // What is not known may be demand: the cooldown begins when it is known.
            string what = inputs.ReadyRuns is null ? "ready runs are not known" : $"{policy.Metric} is not known";
            return Stay(inputs, what, inputs.Now + (policy.Cooldown > ShortestReview ? policy.Cooldown : ShortestReview));
        }

        // A reading older than the last one must not stretch the cooldown.
        DateTimeOffset lastBusy = inputs.LastBusy < inputs.Now ? inputs.LastBusy : inputs.Now;
        DateTimeOffset end = lastBusy + policy.Cooldown;
        return inputs.Now < end
            ? new ScalingDecision(inputs.Desired, "cooling down", lastBusy, end)
            : Move(policy, inputs, needed, "down after the cooldown");
    }

    private static double Needed(ScalingConfig policy, in ScalingInputs inputs)
    {
        double calls = (double)inputs.InFlight + inputs.Waiting;
        long runs = Math.Max(0, (inputs.ReadyRuns ?? 0) - inputs.HeldBack);
        if (policy.Metric == ScalingMetrics.QueueDepth)
        {
            return Math.Max(Math.Ceiling(calls / policy.ReplicaConcurrency), Math.Ceiling(Math.Max(runs, inputs.AtLeast) / policy.Target));
        }

        if (ScalingMetrics.IsMeasured(policy.Metric))
        {
            return Math.Max(Math.Ceiling(calls / policy.ReplicaConcurrency), Math.Max(runs + inputs.AtLeast > 0 ? 1 : 0, Asked(policy, inputs, calls)));
        }

        double demand = Math.Max(calls + runs, inputs.AtLeast);
        return demand <= 0 ? 0 : Math.Ceiling(demand * 100 / (policy.ReplicaConcurrency * policy.Target)) + policy.Buffer;
    }

    // What is measured is the sum over the replicas: as many as bring the average down to the target. Calls get their slots beside it, so an app at zero wakes.
    private static double Asked(ScalingConfig policy, in ScalingInputs inputs, double calls)
    {
        double measured = inputs.Measured ?? 0;
        double asked = Math.Ceiling((measured / policy.Target) - Noise);
        return policy.Metric == ScalingMetrics.RequestsPerSecond && measured + calls > 0 ? Math.Max(asked, 1) + policy.Buffer : asked;
    }

    private static int Replicas(int inFlight, int concurrency) => (inFlight / concurrency) + (inFlight % concurrency > 0 ? 1 : 0);

    private static int Clamp(ScalingConfig policy, double count) => (int)Math.Max(policy.MinReplicas, Math.Min(policy.MaxReplicas, count));

    private static ScalingDecision Stay(in ScalingInputs inputs, string reason, DateTimeOffset? reviewAt) =>
        new(inputs.Desired, reason, inputs.Now, reviewAt);

    private static ScalingDecision Move(ScalingConfig policy, in ScalingInputs inputs, int desired, string why)
    {
        string ready = inputs.ReadyRuns is { } runs ? runs.ToString(CultureInfo.InvariantCulture) : "unknown";
        string heldBack = inputs.HeldBack > 0 ? string.Create(CultureInfo.InvariantCulture, $", {inputs.HeldBack} of them held back by their function's concurrency") : "";
        string reason = string.Create(
            CultureInfo.InvariantCulture, $"{why}: {Measurement(policy, inputs)}{inputs.InFlight} in flight, {inputs.Waiting} waiting, {ready} ready runs{heldBack}");
        return new ScalingDecision(desired, reason, inputs.Now, null);
    }

    private static string Measurement(ScalingConfig policy, in ScalingInputs inputs) =>
        !ScalingMetrics.IsMeasured(policy.Metric) ? ""
        : inputs.Measured is { } measured
            ? string.Create(CultureInfo.InvariantCulture, $"{policy.Metric} {measured:0.##} in all (target {policy.Target:0.##} per replica), ")
            : $"{policy.Metric} not known, ";
}
