using InterCluster.Replicas.Fleet;

namespace InterCluster.Replicas.Tests.Fleet;

public sealed class RollOutTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly RollOut _rollOut = new(TimeSpan.FromSeconds(40));

    [Theory]
    [InlineData(0, 0.2, 10d)]
    [InlineData(9.9, 0.2, 10d)]
    [InlineData(10, 0.4, 20d)]
    [InlineData(20, 0.6, 30d)]
    [InlineData(39.9, 0.8, 40d)]
    [InlineData(40, 1, null)]
    [InlineData(4000, 1, null)]
    public void Five_steps_over_the_whole_time(double seconds, double share, double? next)
    {
        DateTimeOffset now = Start.AddSeconds(seconds);
        _rollOut.Observe(isReady: true, Start);

        Assert.Equal((share, share >= 1, next), (_rollOut.Share(now), _rollOut.IsOver(now), (_rollOut.Next(now) - Start)?.TotalSeconds));
    }

    [Fact]
    public void Nothing_before_the_revision_can_carry_it_all_and_anew_when_it_cannot_any_more()
    {
        Assert.Equal((0, false, null), (_rollOut.Share(Start), _rollOut.IsOver(Start), _rollOut.Next(Start)));
        _rollOut.Observe(isReady: true, Start);
        Assert.Equal(0.6, _rollOut.Share(Start.AddSeconds(25)));

        _rollOut.Observe(isReady: false, Start.AddSeconds(25));
        Assert.Equal(0, _rollOut.Share(Start.AddSeconds(25)));
        _rollOut.Observe(isReady: true, Start.AddSeconds(30));
        Assert.Equal(0.2, _rollOut.Share(Start.AddSeconds(30)));
    }

    [Fact]
    public void Without_a_time_it_is_over_before_it_begins() => Assert.True(new RollOut(TimeSpan.Zero).IsOver(Start));
}
