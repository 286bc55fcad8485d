using InterCluster.Bench.Gateway.Accounting;

namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>A running proxy under test (or the upstream itself, called directly).</summary>
internal sealed class Contender(string name, Target target, ManagedProcess? process) : IAsyncDisposable
{
    public string Name { get; } = name;

    public Target Target { get; } = target;

    /// <summary>False for the direct call: there is no proxy whose cost could be shown.</summary>
    public bool IsProxy => process is not null;

    /// <summary>Read at the end of a run, where the contender has something to say about itself.</summary>
    public Func<CancellationToken, Task<string>>? Notes { get; init; }

    /// <summary>CPU time of the proxy so far: all its processes and threads, user and system.</summary>
    public TimeSpan CpuTime() => process is null ? TimeSpan.Zero : ProcessTree.Sum(process.Id, CpuClock.Of);

    /// <summary>CPU time that .NET's compiler has used to make the code that runs often better; nothing for other programs.</summary>
    public TimeSpan CompilerTime() => process is null ? TimeSpan.Zero : CpuClock.OfThreads(process.Id, ".NET Tiered Com");

    /// <summary>Memory of the proxy: proportional set size of all its processes.</summary>
    public long MemoryBytes() => process is null ? 0 : ProcessTree.Sum(process.Id, MemoryMap.ProportionalBytes);

    public ValueTask DisposeAsync() => process?.DisposeAsync() ?? ValueTask.CompletedTask;
}
