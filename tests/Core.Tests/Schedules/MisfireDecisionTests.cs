using CsCheck;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;

namespace InterCluster.Core.Tests.Schedules;

/// <summary>What a long absence leads to: never all missed times at once unless that was asked for, and then no more than the cap.</summary>
public sealed class MisfireDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(MisfirePolicy.Skip, 0, new[] { 0 })]
    [InlineData(MisfirePolicy.One, 0, new[] { 0 })]
    [InlineData(MisfirePolicy.All, 3, new[] { 180, 120, 60, 0 })]
    public void With_one_on_time(MisfirePolicy policy, int limit, int[] minutesAgo) => Assert.Equal(Ago(minutesAgo), Decide(policy, limit, 300, 240, 180, 120, 60, 0));

    [Theory]
    [InlineData(MisfirePolicy.Skip, 0, new int[0])]
    [InlineData(MisfirePolicy.One, 0, new[] { 60 })]
    [InlineData(MisfirePolicy.All, 2, new[] { 120, 60 })]
    [InlineData(MisfirePolicy.All, 0, new int[0])]
    public void With_missed_ones_alone(MisfirePolicy policy, int limit, int[] minutesAgo) => Assert.Equal(Ago(minutesAgo), Decide(policy, limit, 300, 180, 120, 60));

    [Fact]
    public void Nothing_is_invented_doubled_or_out_of_order() => Gen.Select(
        Gen.Enum<MisfirePolicy>(), Gen.Int[0, 10], Gen.Int[0, 4000].Array[0, 50]).Sample(
        (policy, limit, secondsAgo) =>
        {
            DateTimeOffset[] due = [.. secondsAgo.Distinct().OrderDescending().Select(s => Now.AddSeconds(-s))];

            IReadOnlyList<DateTimeOffset> fire = MisfireDecision.ToFire(Schedule(policy, limit), due, Now);

            DateTimeOffset[] onTime = [.. due.Where(t => Now - t <= MisfireDecision.Grace)];
            Assert.Equal(fire.Order().Distinct(), fire);
            Assert.Empty(fire.Except(due));
            Assert.Empty(onTime.Except(fire));
            int cap = policy switch { MisfirePolicy.Skip => 0, MisfirePolicy.One => 1, _ => limit };
            Assert.InRange(fire.Count - onTime.Length, 0, cap);
            Assert.True(fire.Count > 0 || due.Length == 0 || cap == 0);
        });

    private static IReadOnlyList<DateTimeOffset> Decide(MisfirePolicy policy, int limit, params int[] minutesAgo) =>
        MisfireDecision.ToFire(Schedule(policy, limit), Ago(minutesAgo), Now);

    private static DateTimeOffset[] Ago(params int[] minutes) => [.. minutes.Select(m => Now.AddMinutes(-m))];

    private static Schedule Schedule(MisfirePolicy policy, int limit) => new()
    {
        Project = "p-one",
        Name = "s",
        Cron = "0 * * * *",
        TimeZone = "UTC",
        Function = new FunctionId(new AppId("p-one", "app"), "work"),
        Request = new RunRequest("GET", "/work", [], default),
        Misfire = policy,
        MisfireLimit = limit,
    };
}
