using CsCheck;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Tests.Model;

/// <summary>One random call of the store. A pick is a run by its number, modulo how many there are.</summary>
internal abstract record Step
{
    public sealed record Submit(int Function, RunPriority Priority, int DelaySeconds, int MaxAttempts, int Key, int Body) : Step;

    public sealed record Claim(int[] Picks) : Step;

    public sealed record ClaimNext(int Function, int Limit) : Step;

    public sealed record Settle(int Pick, int Kind, int LeasesAgo) : Step;

    public sealed record Renew(int Pick, int LeasesAgo) : Step;

    public sealed record Advance(int Seconds) : Step;

    public sealed record Sweep(int Limit) : Step;

    public sealed record Cancel(int Pick) : Step;

    public sealed record Replay(int Pick) : Step;

    public sealed record FailApp(int Function) : Step;

    public sealed record Restart : Step;

    private static readonly Gen<int> APick = Gen.Int[0, 1000];
    private static readonly Gen<int> AFunction = Gen.Int[0, 3];

    // Mostly the lease that is held, sometimes an older one.
    private static readonly Gen<int> ALease = Gen.Frequency((5, Gen.Const(0)), (1, Gen.Const(1)));

    public static readonly Gen<Step> Any = Gen.Frequency(
        (8, Gen.Select(AFunction, Gen.Int[0, 2], Gen.Frequency((3, Gen.Const(0)), (1, Gen.Const(5)), (1, Gen.Const(40))), Gen.Int[1, 4], Gen.Int[0, 4], Gen.Int[0, 1])
            .Select(s => (Step)new Submit(s.Item1, (RunPriority)s.Item2, s.Item3, s.Item4, s.Item5, s.Item6))),
        (5, APick.Array[1, 5].Select(p => (Step)new Claim(p))),
        (5, Gen.Select(AFunction, Gen.Int[1, 3]).Select(s => (Step)new ClaimNext(s.Item1, s.Item2))),
        (10, Gen.Select(APick, Gen.Int[0, 4], ALease).Select(s => (Step)new Settle(s.Item1, s.Item2, s.Item3))),
        (3, Gen.Select(APick, ALease).Select(s => (Step)new Renew(s.Item1, s.Item2))),
        (4, Gen.Int[1, 20].Select(s => (Step)new Advance(s))),
        (4, Gen.Int[1, 6].Select(l => (Step)new Sweep(l))),
        (2, APick.Select(p => (Step)new Cancel(p))),
        (2, APick.Select(p => (Step)new Replay(p))),
        (1, AFunction.Select(f => (Step)new FailApp(f))),
        (1, Gen.Const((Step)new Restart())));
}
