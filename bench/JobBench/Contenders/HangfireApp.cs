using System.Diagnostics;
using Hangfire;
using Hangfire.PostgreSql;

namespace InterCluster.Bench.Jobs.Contenders;

/// <summary>Hangfire on PostgreSQL: its client, and its server.</summary>
public static class HangfireApp
{
    private static readonly HttpClient Http = new();

    public static int Submit(int jobs, int callers, string database)
    {
        Use(database);
        var client = new BackgroundJobClient();
        var url = Environment.GetEnvironmentVariable("JOB_BENCH_UPSTREAM")!;
        var clock = Stopwatch.StartNew();
        Parallel.For(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = callers }, i => client.Enqueue(() => CallAsync(url, i)));
        Console.WriteLine($$"""{"seconds": {{clock.Elapsed.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}""");
        return 0;
    }

    public static async Task<int> WorkAsync(int workers, string database)
    {
        Use(database);
        using var server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = workers });
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    /// <summary>The job.</summary>
    public static async Task CallAsync(string url, int i)
    {
        using var answer = await Http.PostAsJsonAsync(new Uri(url), new { i });
        answer.EnsureSuccessStatusCode();
    }

    private static void Use(string database) => GlobalConfiguration.Configuration
        .UsePostgreSqlStorage(o => o.UseNpgsqlConnection(database), new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromMilliseconds(100) });
}
