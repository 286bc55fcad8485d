using CsCheck;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;

namespace InterCluster.Core.Tests.Admission;

/// <summary>
/// Random histories against the model (RELIABILITY C3: I17 to I22, and I27): limits, one outcome per waiter, FIFO and shares, deadlines, no slot
/// free while somebody waits, nothing given out of a replica that is not to have it, and a ledger that returns to zero.
/// </summary>
public sealed class AdmissionProperties
{
    private const int Histories = 20_000;

    private static readonly Gen<(AdmissionStep Step, int Number)[]> Steps = Gen.Select(
        Gen.Frequency<AdmissionStep>(
            (12, AdmissionStep.Sync), (6, AdmissionStep.Batch), (1, AdmissionStep.CancelledCall), (3, AdmissionStep.Cancel),
            (12, AdmissionStep.Release), (2, AdmissionStep.ReleaseAgain), (4, AdmissionStep.AddReplica), (2, AdmissionStep.Suspend),
            (3, AdmissionStep.Resume), (1, AdmissionStep.Drain), (1, AdmissionStep.Remove), (5, AdmissionStep.Advance),
            (2, AdmissionStep.Configure), (1, AdmissionStep.Unavailable), (2, AdmissionStep.Available)),
        Gen.Int[0, 200]).Array[1, 60];

    [Fact]
    public void Every_history_is_the_one_that_the_model_foretells() => Gen.Select(Gen.Int[0, 1000], Steps).Sample(
        (policy, steps) =>
        {
            var history = new AdmissionHistory(PolicyOf(policy));
            foreach ((AdmissionStep step, int number) in steps)
            {
                history.Do(step, number);
            }

            history.End();
        },
        iter: Histories);

    /// <summary>One of many policies: small limits, so that they are met.</summary>
    internal static AdmissionPolicy PolicyOf(int number) => new()
    {
        LoadBalancing = LoadBalancingAlgorithms.All[number % 4],
        BatchShare = (number % 5) * 0.25,
        QueueMaxLength = 1 + (number % 13),
        QueueMaxBytes = 5 + (number % 37),
        QueueTimeout = TimeSpan.FromMilliseconds(number % 7 * 50),
        ColdStartTimeout = TimeSpan.FromMilliseconds(number % 11 * 40),
    };
}
