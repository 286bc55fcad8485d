using System.Runtime.InteropServices;
using InterCluster.Bench.Gateway.Cases;
using InterCluster.Bench.Gateway.Contenders;
using InterCluster.Bench.Gateway.Report;

namespace InterCluster.Bench.Gateway;

/// <summary>Starts everything, runs the cases, reports.</summary>
internal sealed class Benchmark(Settings settings, ContenderFactory factory)
{
    private readonly BenchResults _results = new();
    private readonly Rounds _rounds = new(settings.Plan, Console.Out);
    private readonly IdleConnections _idle = new(settings.Plan, Console.Out);

    public static async Task<int> RunAsync(string[] args)
    {
        Settings settings;
        try
        {
            settings = Settings.Parse(args);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}\n\n{Settings.Help}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stop));
        await using var factory = new ContenderFactory();
        return await new Benchmark(settings, factory).RunAsync($"bench/gateway {string.Join(' ', args)}".TrimEnd(), stop.Token);
    }

    private async Task<int> RunAsync(string command, CancellationToken ct)
    {
        await RunSharedCasesAsync(ct);
        await RunRoutingAsync(ct);
        await RunIdleAsync(ct);
        var page = MarkdownReport.Of(_results, settings.Plan, command);
        Console.WriteLine($"\n{page}");
        if (settings.Output is { } file)
        {
            await File.WriteAllTextAsync(file, page, ct);
        }

        var missed = settings.Check && Goal.All.Any(goal => goal.IsMet(goal.Figure(_results)) == false);
        return _results.Errors > 0 || missed ? 1 : 0;
    }

    private async Task RunSharedCasesAsync(CancellationToken ct)
    {
        var cases = BenchCase.Shared.Where(c => settings.Cases.Contains(c.Name)).ToList();
        if (cases.Count == 0)
        {
            return;
        }

        await using var contenders = await Running.StartAsync(settings.Contenders, name => factory.StartAsync(name, ct));
        foreach (var @case in cases)
        {
            _results.Add(await _rounds.RunAsync(@case, contenders.All, ct));
        }

        await contenders.CollectNotesAsync(_results.Notes, ct);
    }

    private async Task RunRoutingAsync(CancellationToken ct)
    {
        if (!settings.Cases.Contains(BenchCase.Routing.Name))
        {
            return;
        }

        var names = from name in settings.Contenders where name is Names.Yarp or Names.InterCluster
                    from apps in new[] { Goal.FewApps, Goal.ManyApps } select (name, apps);
        await using var contenders = await Running.StartAsync(names, pair => factory.StartWithAppsAsync(pair.name, pair.apps, ct));
        _results.Add(await _rounds.RunAsync(BenchCase.Routing, contenders.All, ct));
    }

    private async Task RunIdleAsync(CancellationToken ct)
    {
        if (!settings.Cases.Contains(Settings.Idle))
        {
            return;
        }

        Console.WriteLine($"{settings.Plan.IdleConnections} idle WebSockets");
        foreach (var name in settings.Contenders.Where(name => name != Names.Direct))
        {
            await using var contender = await factory.StartAsync(name, ct);
            _results.IdleBytes[name] = await _idle.MeasureAsync(contender, ct);
        }
    }

    private static void Stop(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
