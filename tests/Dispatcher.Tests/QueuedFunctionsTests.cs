using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Dispatcher.Sweeping;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Dispatcher.Tests;

public sealed class QueuedFunctionsTests
{
    private static readonly FunctionId Flooded = new(new AppId("p-one", "app"), "flooded");
    private static readonly FunctionId Quiet = new(new AppId("p-one", "app"), "quiet");
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_function_that_stays_queued_is_announced_again_each_time_its_wait_is_over()
    {
        var queued = new QueuedFunctions(_time, TimeSpan.FromSeconds(3));
        Assert.Empty(queued.Observe([Depth(Quiet, 1)]));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(queued.Observe([Depth(Quiet, 1)]));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([Quiet], queued.Observe([Depth(Quiet, 1)]));
        Assert.Empty(queued.Observe([Depth(Quiet, 1)]));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([Quiet], queued.Observe([Depth(Quiet, 1)]));
    }

    [Fact]
    public void A_queue_that_was_empty_in_between_starts_anew()
    {
        var queued = new QueuedFunctions(_time, TimeSpan.FromSeconds(3));
        queued.Observe([Depth(Quiet, 1)]);
        _time.Advance(TimeSpan.FromSeconds(2));
        queued.Observe([Depth(Quiet, 0)]);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(queued.Observe([Depth(Quiet, 1)]));
    }

    [Fact]
    public void A_flooded_function_hides_no_other()
    {
        var queued = new QueuedFunctions(_time, TimeSpan.FromSeconds(3));
        queued.Observe([Depth(Flooded, 1_000_000), Depth(Quiet, 1)]);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([Flooded, Quiet], queued.Observe([Depth(Flooded, 1_000_000), Depth(Quiet, 1)]));
    }

    private static FunctionDepth Depth(FunctionId function, long queued) => new(function, 0, queued, 0);
}
