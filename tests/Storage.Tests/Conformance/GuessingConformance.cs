using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>RELIABILITY T02: an id gives no way to another, and none into another project.</summary>
public abstract class GuessingConformance(StoreHarness store) : StoreConformance(store)
{
    private const string Other = "p-two";
    private const int Neighbours = 200;
    private const int Guesses = 20_000;
    private const int AtOnce = 1000;

    [Fact]
    public async Task No_guess_reaches_a_run_of_ones_own_or_of_another_project()
    {
        RunId[] mine = await SubmitAsync(Some.Project);
        RunId[] theirs = await SubmitAsync(Other);
        HashSet<RunId> known = [.. mine, .. theirs];
        var random = new Random(4711);
        RunId[] guesses =
        [
            .. theirs,
            .. known.SelectMany(Around),
            // The time is in an id and is no secret: the rest has to be guessed.
            .. Enumerable.Range(0, Guesses).Select(i => WithTail(known.ElementAt(i % known.Count), random)),
            .. Enumerable.Range(0, Guesses).Select(_ => new RunId(NewGuid(random))),
        ];

        Assert.All(await Runs.CancelAsync(Some.Project, mine, default), state => Assert.Equal(RunState.Queued, state));
        foreach (RunId[] some in guesses.Where(g => !mine.Contains(g)).Chunk(AtOnce))
        {
            Assert.All(await Runs.CancelAsync(Some.Project, some, default), Assert.Null);
            Assert.All(await Runs.ReplayAsync(Some.Project, some, default), Assert.Null);
        }

        Assert.All(await Task.WhenAll(theirs.Select(id => Runs.GetAsync(Some.Project, id, default).AsTask())), Assert.Null);
        Assert.All(await Task.WhenAll(theirs.Select(id => Runs.GetAsync(Other, id, default).AsTask())), run => Assert.Equal(RunState.Queued, run!.State));
    }

    private async Task<RunId[]> SubmitAsync(string project)
    {
        NewRun[] runs = [.. Enumerable.Range(0, 50).Select(_ => Some.Run(Time, new FunctionId(new AppId(project, "app"), "work")))];
        await Task.WhenAll(runs.Select(run => Runs.SubmitAsync(run, default).AsTask()));
        return [.. runs.Select(run => run.Id)];
    }

    private static IEnumerable<RunId> Around(RunId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        UInt128 number = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        var around = new List<RunId>();
        for (int i = 1; i <= Neighbours / 2; i++)
        {
            around.Add(Of(number + (UInt128)i));
            around.Add(Of(number - (UInt128)i));
        }

        return around;
    }

    private static RunId Of(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new RunId(new Guid(bytes, bigEndian: true));
    }

    private static RunId WithTail(RunId id, Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        random.NextBytes(bytes[6..]);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new RunId(new Guid(bytes, bigEndian: true));
    }

    private static Guid NewGuid(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
