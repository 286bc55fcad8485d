using InterCluster.Core.Scaling;

namespace InterCluster.Core.Tests.Scaling;

public sealed class MetricWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly MetricWindow _window = new(TimeSpan.FromSeconds(10));

    [Fact]
    public void Rate_is_that_of_the_window_and_forgets_what_was_before()
    {
        for (int second = 0; second <= 60; second++)
        {
            // A hundred a second for half a minute, then nothing.
            _window.Add(Start.AddSeconds(second), 100 * Math.Min(second, 30));
            Assert.Equal(
                second switch { 0 => null, <= 30 => 100, < 40 => 10 * (40 - second), _ => (double?)0 },
                _window.Rate());
        }
    }

    [Fact]
    public void Rate_of_less_than_a_second_is_not_known()
    {
        _window.Add(Start, 0);
        _window.Add(Start.AddSeconds(0.9), 1000);
        Assert.Null(_window.Rate());

        _window.Add(Start.AddSeconds(2), 1000);
        Assert.Equal(500, _window.Rate());
    }

    [Fact]
    public void A_count_that_starts_anew_has_no_rate_until_the_old_one_is_forgotten()
    {
        _window.Add(Start, 1000);
        _window.Add(Start.AddSeconds(2), 10);
        Assert.Null(_window.Rate());

        _window.Add(Start.AddSeconds(11), 100);
        Assert.Equal(10, _window.Rate());
    }

    [Theory]
    [InlineData(11)]
    [InlineData(-1)]
    public void A_pause_or_a_clock_that_was_set_back_begins_anew(int seconds)
    {
        _window.Add(Start, 0);
        _window.Add(Start.AddSeconds(5), 500);
        _window.Add(Start.AddSeconds(5 + seconds), 600);

        Assert.Null(_window.Rate());
    }

    [Fact]
    public void Mean_is_that_of_the_window()
    {
        Assert.Null(_window.Mean());
        foreach (int second in Enumerable.Range(0, 30))
        {
            _window.Add(Start.AddSeconds(second), second < 15 ? 1000 : 4);
        }

        Assert.Equal(4, _window.Mean());
    }

    [Fact]
    public void Many_readings_cost_no_more_than_a_few()
    {
        foreach (int tick in Enumerable.Range(0, 10_000))
        {
            _window.Add(Start.AddMilliseconds(tick), tick);
        }

        Assert.InRange(_window.Rate()!.Value, 999.9, 1000.1);
    }
}
