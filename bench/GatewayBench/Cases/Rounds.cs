using System.Diagnostics;
using InterCluster.Bench.Gateway.Accounting;
using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Cases;

/// <summary>Runs a case over all contenders in turn (A B C, A B C, …), so that whatever else the machine does meets them all.</summary>
internal sealed class Rounds(Plan plan, TextWriter progress)
{
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(20);

    public async Task<CaseResult> RunAsync(BenchCase @case, IReadOnlyList<Contender> contenders, CancellationToken ct)
    {
        var samples = contenders.ToDictionary(contender => contender.Name, _ => new List<Sample>());
        await progress.WriteLineAsync($"{@case.Title}");
        foreach (var contender in contenders)
        {
            await @case.Load.VerifyAsync(contender.Target, ct);
            await WarmUpAsync(@case, contender, ct);
        }

        for (var round = 1; round <= plan.Rounds; round++)
        {
            foreach (var contender in contenders)
            {
                samples[contender.Name].Add(await MeasureAsync(@case, contender, ct));
            }

            await progress.WriteLineAsync($"  round {round} of {plan.Rounds}: "
                + string.Join(", ", contenders.Select(c => $"{c.Name} {samples[c.Name][^1].PerSecond:N0}/s {samples[c.Name][^1].CpuMicros:0.0} µs")));
        }

        return new CaseResult(@case, samples);
    }

    /// <summary>
    /// Until the just-in-time compiler comes to rest: it takes seconds of load, not a number of requests, and its own CPU time would count.
    /// </summary>
    private async Task WarmUpAsync(BenchCase @case, Contender contender, CancellationToken ct)
    {
        for (var second = 0; second < plan.WarmUpSeconds; second++)
        {
            var compiling = contender.CompilerTime();
            _ = await @case.Load.RunAsync(contender.Target, 1, ct);
            if (second > 0 && contender.CompilerTime() - compiling < Calm)
            {
                return;
            }
        }
    }

    private async Task<Sample> MeasureAsync(BenchCase @case, Contender contender, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var (cpu, generator) = (contender.CpuTime(), CpuClock.OfEndedChildren());
        var report = await @case.Load.RunAsync(contender.Target, plan.Seconds, ct);
        (cpu, generator) = (contender.CpuTime() - cpu, CpuClock.OfEndedChildren() - generator);
        return new Sample(
            report.Requests / (report.Micros / 1e6),
            report.P50Micros / 1e3,
            report.P99Micros / 1e3,
            cpu.TotalMicroseconds / report.Requests,
            report.Errors,
            generator / clock.Elapsed);
    }
}
