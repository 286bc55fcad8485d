using InterCluster.Chaos.Harness.Faults;
using InterCluster.Chaos.Harness.Machines;

namespace InterCluster.Chaos.Tests;

public sealed class NemesisTests
{
    private static readonly NemesisPace Fast = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromTicks(1));

    [Fact]
    public async Task The_same_seed_does_the_same_deeds()
    {
        Assert.Equal(await DeedsAsync(seed: 7, rounds: 20), await DeedsAsync(seed: 7, rounds: 20));
        Assert.NotEqual(await DeedsAsync(seed: 7, rounds: 20), await DeedsAsync(seed: 8, rounds: 20));
    }

    [Fact]
    public async Task Everything_is_done_to_everybody_before_anything_comes_again()
    {
        List<string> deeds = await DeedsAsync(seed: 1, rounds: 6);

        string[] all = ["Kill database", "Kill server", "Pause server"];
        Assert.Equal(all, deeds.Take(3).Order());
        Assert.Equal(all, deeds.Skip(3).Order());
    }

    [Fact]
    public async Task It_goes_on_until_all_was_done_and_leaves_everybody_up()
    {
        Recorder[] victims = [new("database", canPause: false), new("server", canPause: true)];
        var nemesis = new Nemesis(victims, new Random(1), Fast, _ => { });

        await nemesis.RunAsync(() => true, CancellationToken.None);

        Assert.True(nemesis.HasDoneAll);
        Assert.Equal(3, nemesis.Done.Values.Sum());
        Assert.All(victims, v => Assert.Equal(0, v.Down));
    }

    private static async Task<List<string>> DeedsAsync(int seed, int rounds)
    {
        var deeds = new List<string>();
        var nemesis = new Nemesis([new Recorder("database", canPause: false), new Recorder("server", canPause: true)], new Random(seed), Fast, deeds.Add);
        for (int round = 0; round < rounds; round++)
        {
            await nemesis.RunOnceAsync(CancellationToken.None);
        }

        return deeds;
    }

    private sealed class Recorder(string name, bool canPause) : IVictim
    {
        public string Name => name;

        public bool CanPause => canPause;

        public int Down { get; private set; }

        public Task KillAsync()
        {
            Down++;
            return Task.CompletedTask;
        }

        public Task StartAgainAsync()
        {
            Down--;
            return Task.CompletedTask;
        }

        public void Pause() => Down++;

        public void Resume() => Down--;
    }
}
