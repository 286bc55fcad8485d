using InterCluster.Core.Admission;
using InterCluster.Core.Naming;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Core.Tests.Admission;

public sealed class FunctionGatesTests
{
    private static readonly FunctionId Function = new(new AppId("p-one", "app"), "work");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Over_the_limit_waits_in_order_and_is_let_in_as_others_leave()
    {
        var gates = new FunctionGates(_time);
        Assert.True(await gates.EnterAsync(Function, 1, Patience, default));
        ValueTask<bool> second = gates.EnterAsync(Function, 1, Patience, default);
        ValueTask<bool> third = gates.EnterAsync(Function, 1, Patience, default);
        Assert.False(second.IsCompleted);

        gates.Leave(Function);
        Assert.True(await second);
        Assert.False(third.IsCompleted);
        gates.Leave(Function);
        Assert.True(await third);
        gates.Leave(Function);
        Assert.Equal(0, gates.Count);
    }

    [Fact]
    public async Task Functions_do_not_wait_for_each_other()
    {
        var gates = new FunctionGates(_time);
        Assert.True(await gates.EnterAsync(Function, 1, Patience, default));
        Assert.True(await gates.EnterAsync(Function with { Function = "other" }, 1, Patience, default));
    }

    [Fact]
    public async Task A_higher_limit_lets_in_who_waits_and_a_lower_one_lets_nobody_in()
    {
        var gates = new FunctionGates(_time);
        Assert.True(await gates.EnterAsync(Function, 1, Patience, default));
        ValueTask<bool> waiting = gates.EnterAsync(Function, 1, Patience, default);
        Assert.True(await gates.EnterAsync(Function, 3, Patience, default));
        Assert.True(await waiting);

        ValueTask<bool> lower = gates.EnterAsync(Function, 1, Patience, default);
        gates.Leave(Function);
        gates.Leave(Function);
        Assert.False(lower.IsCompleted);
        gates.Leave(Function);
        Assert.True(await lower);
    }

    [Fact]
    public async Task Who_waited_too_long_or_went_away_holds_no_place()
    {
        var gates = new FunctionGates(_time);
        using var left = new CancellationTokenSource();
        Assert.True(await gates.EnterAsync(Function, 1, Patience, default));
        ValueTask<bool> slow = gates.EnterAsync(Function, 1, TimeSpan.FromSeconds(1), default);
        ValueTask<bool> gone = gates.EnterAsync(Function, 1, Patience, left.Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await slow);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await gone);

        gates.Leave(Function);
        Assert.Equal(0, gates.Count);
    }

    [Fact]
    public async Task Never_more_inside_than_the_limit_whoever_leaves_the_queue()
    {
        const int Limit = 3;
        var gates = new FunctionGates(TimeProvider.System);
        int inside = 0, most = 0, entered = 0;
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Task.Run(async () =>
        {
            using var stop = new CancellationTokenSource();
            if (i % 3 == 0)
            {
                stop.CancelAfter(i % 7);
            }

            try
            {
                if (!await gates.EnterAsync(Function, Limit, Patience, stop.Token))
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Interlocked.Increment(ref entered);
            int now = Interlocked.Increment(ref inside);
            for (int seen = most; now > seen; seen = most)
            {
                Interlocked.CompareExchange(ref most, now, seen);
            }

            await Task.Yield();
            Interlocked.Decrement(ref inside);
            gates.Leave(Function);
        })));

        Assert.InRange(most, 1, Limit);
        Assert.InRange(entered, 200, 300);
        Assert.Equal(0, gates.Count);
    }
}
