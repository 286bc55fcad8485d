using InterCluster.Bench.Gateway.Contenders;
using InterCluster.Bench.Gateway.Loads;

namespace InterCluster.Bench.Gateway.Cases;

/// <summary>Memory of the proxy for each WebSocket that is open, has carried one message, and is silent since.</summary>
internal sealed class IdleConnections(Plan plan, TextWriter progress)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    /// <summary>Bytes for each connection. The contender must be a fresh process: memory that an earlier load left behind would be used again.</summary>
    public async Task<double> MeasureAsync(Contender contender, CancellationToken ct)
    {
        // Code, pools and caches that the first connections bring in are not the price of a connection.
        await HoldAsync(contender, plan.IdleConnections / 10, ct);
        var before = contender.MemoryBytes();
        var bytes = (await HoldAsync(contender, plan.IdleConnections, ct) - before) / (double)plan.IdleConnections;
        await progress.WriteLineAsync($"  {contender.Name}: {bytes / 1024:0.0} KB, {before >> 20} MB before");
        return bytes;
    }

    /// <summary>The memory of the contender while it holds the connections.</summary>
    private static async Task<long> HoldAsync(Contender contender, int connections, CancellationToken ct)
    {
        using var holder = LoadProcess.Start(
            Environment.ProcessPath!,
            ["ws-idle", contender.Target.Url("/ws").ToString(), $"{connections}", .. contender.Target.Headers],
            LoadProcess.EventLoop);
        using var stop = ct.Register(() => holder.Kill());
        var line = await holder.StandardOutput.ReadLineAsync(ct);
        await Task.Delay(Settle, ct);
        var memory = contender.MemoryBytes();
        holder.StandardInput.Close();
        await holder.WaitForExitAsync(ct);
        return line == WebSocketIdle.Opened && holder.ExitCode == 0
            ? memory
            : throw new InvalidOperationException($"{contender.Name} did not keep {connections} connections");
    }
}
