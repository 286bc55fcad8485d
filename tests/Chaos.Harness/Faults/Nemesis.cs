using InterCluster.Chaos.Harness.Machines;

namespace InterCluster.Chaos.Harness.Faults;

/// <summary>What the nemesis does to somebody.</summary>
internal enum Deed
{
    /// <summary>kill -9, and a start after a while.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after longer than a lease.</summary>
    Pause,
}

/// <summary>
/// Does something to somebody at a period, one after the other, everything in a random order before anything comes again: what it did is a matter of its
/// seed, and no kind of fault is missed by chance.
/// </summary>
internal sealed class Nemesis(IReadOnlyList<IVictim> victims, Random random, NemesisPace pace, Action<string> log)
{
    private readonly Queue<(IVictim Victim, Deed Deed)> _deck = new();
    private int _decks;

    /// <summary>How often each thing was done.</summary>
    public Dictionary<(string Victim, Deed Deed), int> Done { get; } = [];

    /// <summary>True when everything was done to everybody.</summary>
    public bool HasDoneAll => _decks > 0 && (_decks > 1 || _deck.Count == 0);

    /// <summary>Until <paramref name="enough"/> and all was done to all, or cancelled. Everybody is up when it returns.</summary>
    public async Task RunAsync(Func<bool> enough, CancellationToken ct)
    {
        while (!(enough() && HasDoneAll) && !ct.IsCancellationRequested)
        {
            await WaitAsync(pace.Between, ct);
            if (!ct.IsCancellationRequested)
            {
                await RunOnceAsync(ct);
            }
        }
    }

    /// <summary>One deed, from its beginning to its end.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        (IVictim victim, Deed deed) = Draw();
        log($"{deed} {victim.Name}");
        await (deed == Deed.Kill ? KillAsync(victim, ct) : PauseAsync(victim, ct));
        Done[(victim.Name, deed)] = Done.GetValueOrDefault((victim.Name, deed)) + 1;
    }

    private async Task KillAsync(IVictim victim, CancellationToken ct)
    {
        await victim.KillAsync();
        await WaitAsync(pace.Down, ct);
        await victim.StartAgainAsync();
    }

    private async Task PauseAsync(IVictim victim, CancellationToken ct)
    {
        victim.Pause();
        await WaitAsync(pace.Pause, ct);
        victim.Resume();
    }

    private (IVictim Victim, Deed Deed) Draw()
    {
        if (_deck.Count == 0)
        {
            (IVictim, Deed)[] all = [.. victims.Select(v => (v, Deed.Kill)), .. victims.Where(v => v.CanPause && pace.Pause > TimeSpan.Zero).Select(v => (v, Deed.Pause))];
            random.Shuffle(all);
            Array.ForEach(all, _deck.Enqueue);
            _decks++;
        }

        return _deck.Dequeue();
    }

    // Half to one and a half of it.
    private async Task WaitAsync(TimeSpan about, CancellationToken ct) =>
        await Task.Delay(about * (0.5 + random.NextDouble()), TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <summary>How fast a nemesis is.</summary>
/// <param name="Between">From the end of one deed to the next.</param>
/// <param name="Down">How long what was killed stays down.</param>
/// <param name="Pause">How long what was stopped stays so; zero: nobody is stopped.</param>
internal sealed record NemesisPace(TimeSpan Between, TimeSpan Down, TimeSpan Pause);
