namespace InterCluster.Bench.Gateway.Accounting;

internal static class MemoryMap
{
    /// <summary>Proportional set size: pages shared with other processes count by their share.</summary>
    public static long ProportionalBytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}
