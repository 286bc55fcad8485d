using InterCluster.Bench.Storage;

if (args is not [string folder, ..])
{
    Console.Error.WriteLine("usage: storage-bench FOLDER [RUNS]     measures the SQLite store in a new folder under FOLDER; RUNS fills the lists (default 200000)");
    return 2;
}

string data = Path.Combine(folder, $"storage-bench-{Environment.ProcessId}");
try
{
    Console.WriteLine($"disk: {Disk.SyncMilliseconds(folder):0.00} ms per 16 KiB write with fdatasync (median of 200)");
    StatementBench.Run(folder);
    await using var bench = new StorageBench(data);
    await bench.RunAsync(fill: args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 200_000);
}
finally
{
    Directory.Delete(data, recursive: true);
}

return 0;
