using System.Collections.Concurrent;
using System.Diagnostics;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Bench.Storage;

/// <summary>Submissions from many callers, the life of runs in bulk, and reads of a full store. Every figure is the median of its rounds.</summary>
internal sealed class StorageBench : IAsyncDisposable
{
    private const int Rounds = 5;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly FunctionId[] Functions = [.. Enumerable.Range(0, 20).Select(n => new FunctionId(new AppId("p-bench", $"app{n % 4}"), $"f{n}"))];
    private static readonly byte[] Body = new byte[512];

    private readonly ServiceProvider _services;
    private readonly IRunStore _store;
    private readonly ConcurrentQueue<RunId> _submitted = new();
    private long _settled;

    private readonly IBatchStore _batches;

    public StorageBench(Action<IServiceCollection> addStorage)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        addStorage(services);
        _services = services.BuildServiceProvider();
        _store = _services.GetRequiredService<IRunStore>();
        _batches = _services.GetRequiredService<IBatchStore>();
        // As in the server: what is done beside the calls.
        foreach (IHostedService service in _services.GetServices<IHostedService>())
        {
            service.StartAsync(default).GetAwaiter().GetResult();
        }
    }

    /// <summary>The functions that the runs are of.</summary>
    public static IReadOnlyList<FunctionId> AllFunctions => Functions;

    /// <summary>Makes every function known to the store.</summary>
    public async Task TouchAsync()
    {
        for (int i = 0; i < Functions.Length; i++)
        {
            await _store.SubmitAsync(NewRun(i), default);
        }
    }

    public async Task RunAsync(int fill)
    {
        foreach (int callers in new[] { 1, 64, 256 })
        {
            await RatesAsync($"submit, {callers} callers", () => SubmitRoundAsync(callers));
        }

        await RatesAsync("submit in slices of 1000, 2 uploads", () => SliceRoundAsync(uploads: 2, lines: 1000));
        await RatesAsync("claim by id and settle, 4 workers, 64 at a time", () => WorkRoundAsync(workers: 4, bulk: 64));
        await RatesAsync("drain: claim the next and settle, 8 workers, 128 at a time", () => DrainRoundAsync(workers: 8, bulk: 128));
        if (fill == 0)
        {
            return;
        }

        await FillAsync(fill);
        Console.WriteLine($"reads of a store of {_submitted.Count} waiting and {_settled} settled runs:");
        await ReadsAsync();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static NewRun NewRun(int function) => new()
    {
        Id = RunId.New(TimeProvider.System),
        Function = Functions[function % Functions.Length],
        Request = new RunRequest("POST", "/work", [new("Content-Type", "application/json"), new("Accept", "*/*")], Body),
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };

    private static async Task RatesAsync(string name, Func<Task<long>> round)
    {
        var rates = new List<double>();
        await round();
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long count = await round();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            rates.Add(count / seconds);
            Console.WriteLine($"  {name}: {count / seconds,9:0}/s  {(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count,6:0.0} µs CPU each");
        }

        Console.WriteLine($"{name}: {Figures.Median(rates):0}/s");
    }

    private async Task<long> SubmitRoundAsync(int callers)
    {
        long end = Stopwatch.GetTimestamp() + (long)(Round.TotalSeconds * Stopwatch.Frequency);
        long[] counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            long count = 0;
            for (; Stopwatch.GetTimestamp() < end; count++)
            {
                _submitted.Enqueue((await _store.SubmitAsync(NewRun(caller + (int)count), default)).Id);
            }

            return count;
        })));
        return counts.Sum();
    }

    private async Task<long> WorkRoundAsync(int workers, int bulk)
    {
        long end = Stopwatch.GetTimestamp() + (long)(Round.TotalSeconds * Stopwatch.Frequency);
        long[] counts = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            long count = 0;
            var ids = new List<RunId>(bulk);
            while (Stopwatch.GetTimestamp() < end)
            {
                ids.Clear();
                while (ids.Count < bulk && _submitted.TryDequeue(out RunId id))
                {
                    ids.Add(id);
                }

                if (ids.Count == 0)
                {
                    break;
                }

                IReadOnlyList<ClaimedRun> runs = await _store.ClaimAsync(ids, $"worker-{worker}", Lease, default);
                var response = new RunResponse(200, [new("Content-Type", "application/json")], Body);
                await _store.SettleAsync([.. runs.Select(r => Settlement.Succeeded(r.Id, r.Lease, response))], default);
                count += runs.Count;
            }

            return count;
        })));
        _settled += counts.Sum();
        return counts.Sum();
    }

    private async Task<long> SliceRoundAsync(int uploads, int lines)
    {
        long end = Stopwatch.GetTimestamp() + (long)(Round.TotalSeconds * Stopwatch.Frequency);
        long[] counts = await Task.WhenAll(Enumerable.Range(0, uploads).Select(upload => Task.Run(async () =>
        {
            BatchInfo batch = await _batches.OpenAsync(
                new NewBatch { Id = BatchId.New(TimeProvider.System), Function = Functions[upload], CreatedAt = TimeProvider.System.GetUtcNow() }, default);
            long count = 0;
            while (Stopwatch.GetTimestamp() < end)
            {
                NewRun[] runs = [.. Enumerable.Range(1, lines).Select(line => NewRun(upload) with { Line = count + line })];
                count += lines;
                await _batches.AppendAsync(new BatchSlice { Batch = batch.Id, Upload = batch.Upload, Lines = count, Digest = Array.Empty<byte>(), Runs = runs }, default);
            }

            return count;
        })));
        return counts.Sum();
    }

    private async Task<long> DrainRoundAsync(int workers, int bulk)
    {
        long end = Stopwatch.GetTimestamp() + (long)(Round.TotalSeconds * Stopwatch.Frequency);
        var response = new RunResponse(200, [new("Content-Type", "application/json")], Body);
        long[] counts = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            long count = 0;
            Task<IReadOnlyList<bool>> settling = Task.FromResult<IReadOnlyList<bool>>([]);
            for (int turn = worker; Stopwatch.GetTimestamp() < end; turn += workers)
            {
                IReadOnlyList<ClaimedRun> runs = await _store.ClaimNextAsync(Functions[turn % Functions.Length], bulk, $"worker-{worker}", Lease, default);
                count += (await settling).Count(accepted => accepted);
                settling = _store.SettleAsync([.. runs.Select(r => Settlement.Succeeded(r.Id, r.Lease, response))], default).AsTask();
            }

            return count + (await settling).Count(accepted => accepted);
        })));
        _settled += counts.Sum();
        return counts.Sum();
    }

    private async Task FillAsync(int fill)
    {
        while (_submitted.Count < fill)
        {
            await SubmitRoundAsync(512);
        }
    }

    private async Task ReadsAsync()
    {
        var project = new RunFilter("p-bench");
        await TimesAsync("newest 100 of the project", () => _store.ListAsync(project, null, 100, default));
        await TimesAsync("100 of one app", () => _store.ListAsync(project with { App = "app1" }, null, 100, default));
        await TimesAsync("100 of a state that nearly none is in", () => _store.ListAsync(project with { State = RunState.Dead }, null, 100, default));
        RunPage deep = await _store.ListAsync(project with { To = TimeProvider.System.GetUtcNow() - (Round * 3) }, null, 100, default);
        await TimesAsync("100 from deep in the list", () => _store.ListAsync(project, deep.Next, 100, default));
        await TimesAsync("one run", () => _store.GetAsync("p-bench", deep.Runs[0].Id, default));
        await TimesAsync("depths", () => _store.DepthsAsync(default));
        await TimesAsync("sweep with nothing to do", () => _store.SweepAsync(3, 1000, default));
    }

    private static async Task TimesAsync<T>(string name, Func<ValueTask<T>> read)
    {
        var times = new List<double>();
        for (int i = 0; i < 200; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await read();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Console.WriteLine($"  {name}: p50 {Figures.Quantile(times, 0.5):0.00} ms, p99 {Figures.Quantile(times, 0.99):0.00} ms");
    }
}
