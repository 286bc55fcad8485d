using System.Diagnostics;
using InterCluster.Bench.Gateway.Accounting;
using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Cases;

/// <summary>Runs a case over all contenders in turn (A B C, A B C, …), so that whatever else the machine does meets them all.</summary>
internal sealed class Rounds(Plan plan, TextWriter progress)
{
    /// <summary>Lets just-in-time compilers come to rest, which takes seconds of load rather than a number of requests.</summary>
    public async Task WarmUpAsync(BenchCase @case, IReadOnlyList<Contender> contenders, CancellationToken ct)
    {
        await progress.WriteLineAsync($"Warming up for {plan.FirstWarmUpSeconds} s each");
        foreach (var contender in contenders)
        {
            _ = await @case.Load.RunAsync(contender.Target, plan.FirstWarmUpSeconds, ct);
        }
    }

    public async Task<CaseResult> RunAsync(BenchCase @case, IReadOnlyList<Contender> contenders, CancellationToken ct)
    {
        var samples = contenders.ToDictionary(contender => contender.Name, _ => new List<Sample>());
        await progress.WriteLineAsync($"{@case.Title}");
        foreach (var contender in contenders)
        {
            await @case.Load.VerifyAsync(contender.Target, ct);
            _ = await @case.Load.RunAsync(contender.Target, plan.WarmUpSeconds, ct);
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
