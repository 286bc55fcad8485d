using System.Globalization;
using InterCluster.Core.Apps;

namespace InterCluster.Core.Scaling;

/// <summary>
/// How many replicas an app shall have: a pure function of its limits and one reading. Up at once, to what the demand needs; down only after
/// the demand was lower for <see cref="ScalingConfig.Cooldown"/>. The same reading gives the same answer, so a constant load settles.
/// </summary>
public static class ScalingPolicy
{
    /// <summary>Decides.</summary>
    public static ScalingDecision Decide(ScalingConfig policy, in ScalingInputs inputs)
    {
        int needed = Clamp(policy, Needed(policy, inputs));
        int desired = Clamp(policy, inputs.Desired);
        if (needed > desired)
        {
            return Move(inputs, needed, "up");
        }

        if (desired != inputs.Desired)
        {
            return Move(inputs, desired, desired > inputs.Desired ? "up to the minimum" : "down to the maximum");
        }

        // What is in flight is never cut. It holds up a scale-down only: were it to drive the count up, a target above 100 % and a
        // buffer would raise each other to the maximum.
        int kept = Math.Max(needed, Math.Min(desired, Replicas(inputs.InFlight, policy.ReplicaConcurrency)));
        return kept == desired ? Stay(inputs, "the demand needs as many", null) : Lower(policy, inputs, kept);
    }

    private static ScalingDecision Lower(ScalingConfig policy, in ScalingInputs inputs, int needed)
    {
        if (inputs.ReadyRuns is null)
        {
            // What is not known may be demand: the cooldown begins when it is known.
            return Stay(inputs, "ready runs are not known", inputs.Now + policy.Cooldown);
        }

        // A reading older than the last one must not stretch the cooldown.
        DateTimeOffset lastBusy = inputs.LastBusy < inputs.Now ? inputs.LastBusy : inputs.Now;
        DateTimeOffset end = lastBusy + policy.Cooldown;
        return inputs.Now < end
            ? new ScalingDecision(inputs.Desired, "cooling down", lastBusy, end)
            : Move(inputs, needed, "down after the cooldown");
    }

    private static double Needed(ScalingConfig policy, in ScalingInputs inputs)
    {
        double calls = (double)inputs.InFlight + inputs.Waiting;
        long runs = inputs.ReadyRuns ?? 0;
        if (policy.Metric == ScalingMetrics.QueueDepth)
        {
            return Math.Max(Math.Ceiling(calls / policy.ReplicaConcurrency), Math.Ceiling(runs / policy.Target));
        }

        return calls + runs <= 0 ? 0 : Math.Ceiling((calls + runs) * 100 / (policy.ReplicaConcurrency * policy.Target)) + policy.Buffer;
    }

    private static int Replicas(int inFlight, int concurrency) => (inFlight / concurrency) + (inFlight % concurrency > 0 ? 1 : 0);

    private static int Clamp(ScalingConfig policy, double count) => (int)Math.Max(policy.MinReplicas, Math.Min(policy.MaxReplicas, count));

    private static ScalingDecision Stay(in ScalingInputs inputs, string reason, DateTimeOffset? reviewAt) =>
        new(inputs.Desired, reason, inputs.Now, reviewAt);

    private static ScalingDecision Move(in ScalingInputs inputs, int desired, string why)
    {
        string ready = inputs.ReadyRuns is { } runs ? runs.ToString(CultureInfo.InvariantCulture) : "unknown";
        string reason = string.Create(
            CultureInfo.InvariantCulture, $"{why}: {inputs.InFlight} in flight, {inputs.Waiting} waiting, {ready} ready runs");
        return new ScalingDecision(desired, reason, inputs.Now, null);
    }
}
