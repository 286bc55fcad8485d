using InterCluster.Core.Failures;

namespace InterCluster.Core.Tests.Failures;

public sealed class FailurePlanTests
{
    [Fact]
    public void A_point_that_is_not_named_does_nothing() =>
        Assert.Equal(FailureAction.None, Plan("RunClaimed=kill").Next(FailurePoint.AnswerRead));

    [Fact]
    public void An_action_without_a_number_happens_every_time()
    {
        FailurePlan plan = Plan("RunClaimed=throw");

        Assert.Equal([FailureAction.Throw, FailureAction.Throw], [plan.Next(FailurePoint.RunClaimed), plan.Next(FailurePoint.RunClaimed)]);
    }

    [Fact]
    public void The_third_time_is_the_third_time_only()
    {
        FailurePlan plan = Plan("runclaimed=kill@3; AnswerRead=hang");

        Assert.Equal(
            [FailureAction.None, FailureAction.None, FailureAction.Kill, FailureAction.None],
            Enumerable.Range(0, 4).Select(_ => plan.Next(FailurePoint.RunClaimed)));
        Assert.Equal(FailureAction.Hang, plan.Next(FailurePoint.AnswerRead));
    }

    [Fact]
    public void A_probability_happens_about_as_often()
    {
        FailurePlan plan = Plan("*=kill%0.1");

        int kills = Enumerable.Range(0, 10_000).Count(i => plan.Next((FailurePoint)(i % 4)) == FailureAction.Kill);

        Assert.InRange(kills, 850, 1150);
    }

    [Theory]
    [InlineData("Nowhere=kill")]
    [InlineData("RunClaimed")]
    [InlineData("RunClaimed=explode")]
    [InlineData("RunClaimed=none")]
    [InlineData("RunClaimed=kill@0")]
    [InlineData("RunClaimed=kill@x")]
    [InlineData("RunClaimed=kill%2")]
    [InlineData("RunClaimed=kill%0")]
    public void A_mistake_is_named(string part)
    {
        Assert.False(FailurePlan.TryParse($"AnswerRead=kill;{part}", new Random(1), out _, out IReadOnlyList<string> mistakes));
        Assert.Contains($"\"{part}\"", Assert.Single(mistakes));
    }

    private static FailurePlan Plan(string text)
    {
        Assert.True(FailurePlan.TryParse(text, new Random(1), out FailurePlan plan, out IReadOnlyList<string> mistakes), string.Join('\n', mistakes));
        return plan;
    }
}
