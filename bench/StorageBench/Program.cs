using InterCluster.Bench.Storage;
using InterCluster.Storage;

if (BenchSettings.Read(args) is not { } settings)
{
    Console.Error.WriteLine(BenchSettings.Usage);
    return 2;
}

if (settings.Postgres is { } connection)
{
    await using var bench = new StorageBench(services => services.AddPostgresStorage(options => options.ConnectionString = connection));
    await bench.TouchAsync();
    await Prefill.RunAsync(connection, settings);
    await bench.RunAsync(settings.Fill);
    return 0;
}

string data = Path.Combine(settings.Folder!, $"storage-bench-{Environment.ProcessId}");
try
{
    Console.WriteLine($"disk: {Disk.SyncMilliseconds(settings.Folder!):0.00} ms per 16 KiB write with fdatasync (median of 200)");
    StatementBench.Run(settings.Folder!);
    await using var bench = new StorageBench(services => services.AddSqliteStorage(options => options.DataFolder = data));
    await bench.RunAsync(settings.Fill);
}
finally
{
    Directory.Delete(data, recursive: true);
}

return 0;
