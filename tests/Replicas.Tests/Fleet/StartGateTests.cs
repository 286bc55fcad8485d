using InterCluster.Core.Naming;
using InterCluster.Replicas.Fleet;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Replicas.Tests.Fleet;

public sealed class StartGateTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StartGate _gate;

    public StartGateTests() => _gate = new StartGate(10, _time);

    [Fact]
    public void A_burst_passes_and_the_rest_goes_at_the_rate()
    {
        Task[] starts = [.. Enumerable.Range(0, 35).Select(_ => Wait("p-a"))];

        Assert.Equal(10, starts.Count(s => s.IsCompleted));
        for (int tenth = 1; tenth <= 25; tenth++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal(10 + tenth, starts.Count(s => s.IsCompleted));
        }
    }

    [Fact]
    public void Projects_take_turns()
    {
        Task[] many = [.. Enumerable.Range(0, 100).Select(_ => Wait("p-many"))];
        Task[] few = [.. Enumerable.Range(0, 3).Select(_ => Wait("p-few"))];

        _time.Advance(TimeSpan.FromMilliseconds(600));

        Assert.All(few, start => Assert.True(start.IsCompleted));
        Assert.Equal(13, many.Count(s => s.IsCompleted));
    }

    [Fact]
    public async Task Who_gives_up_takes_nobodys_turn()
    {
        for (int i = 0; i < 10; i++)
        {
            await Wait("p-a");
        }

        using var stop = new CancellationTokenSource();
        Task gone = _gate.WaitAsync(new AppId("p-a", "app"), stop.Token);
        Task next = Wait("p-a");
        await stop.CancelAsync();

        _time.Advance(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.True(next.IsCompletedSuccessfully);
    }

    public void Dispose() => _gate.Dispose();

    private Task Wait(string project) => _gate.WaitAsync(new AppId(project, "app"), CancellationToken.None);
}
