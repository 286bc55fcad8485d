using System.Diagnostics;

namespace InterCluster.Core.Failures;

/// <summary>
/// Fails on purpose, so that tests can show what a crash at any moment leaves behind. Off unless <see cref="Variable"/> was set when the process started;
/// then a call is one comparison of a constant with null, which the compiler removes (docs/decisions/0010).
/// </summary>
public static class Failpoint
{
    /// <summary>The environment variable with a <see cref="FailurePlan"/>.</summary>
    public const string Variable = "INTERCLUSTER_FAILPOINTS";

    // Before the plan, whose reading fills it.
    private static readonly List<string> Wrong = [];
    private static readonly FailurePlan? Plan = Read();

    /// <summary>True when this process is to fail somewhere.</summary>
    public static bool AreOn => Plan is not null;

    /// <summary>What is wrong with the plan, which is then not in force.</summary>
    public static IReadOnlyList<string> Mistakes => Wrong;

    /// <summary>Somebody comes by.</summary>
    public static void Hit(FailurePoint point)
    {
        if (Plan is not null)
        {
            Act(Plan.Next(point), point);
        }
    }

    private static FailurePlan? Read()
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        bool ok = FailurePlan.TryParse(text, Random.Shared, out FailurePlan plan, out IReadOnlyList<string> mistakes);
        Wrong.AddRange(mistakes.Select(mistake => $"{Variable}: {mistake}"));
        return ok ? plan : null;
    }

    private static void Act(FailureAction action, FailurePoint point)
    {
        switch (action)
        {
            case FailureAction.Kill:
                using (var self = Process.GetCurrentProcess())
                {
                    self.Kill();
                }

                Stay();
                break;
            case FailureAction.Hang:
                Stay();
                break;
            case FailureAction.Throw:
                throw new IOException($"Failed on purpose at {point}.");
        }
    }

    private static void Stay() => new ManualResetEventSlim().Wait();
}
