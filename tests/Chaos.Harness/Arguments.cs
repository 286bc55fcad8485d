using System.Globalization;
using InterCluster.Chaos.Harness.Faults;
using InterCluster.Chaos.Harness.Machines;

namespace InterCluster.Chaos.Harness;

/// <summary>The arguments of <c>tests/chaos</c>.</summary>
internal static class Arguments
{
    public const string Usage = """
        Usage: tests/chaos [options]

        Submits runs from many callers while every process is killed again and again, waits until all is quiet, and checks what happened: runs lost, runs that
        nobody asked for, terminal states that changed, stale results accepted, calls after the end, duplicates. Exit code 1 when a promise was broken.

          --on PLAN       embedded (one process on SQLite), postgres (one process), apart (processes for each role, on PostgreSQL
                          and RabbitMQ; default)
          --runs N        runs to be submitted (50000)
          --minutes M     the time over which they are submitted (5)
          --seed N        of the faults and of the function (1)
          --connections N callers (32)
          --period S      seconds between two faults (5)
          --pause S       seconds for which servers are stopped (SIGSTOP), beside being killed; 0: never (8)
        """;

    /// <summary>Null when the arguments are wrong.</summary>
    public static CampaignOptions? Read(string[] args)
    {
        var options = new CampaignOptions
        {
            Plan = ClusterPlan.Apart, Runs = 50_000, Over = TimeSpan.FromMinutes(5), Patience = TimeSpan.FromMinutes(5),
            Pace = new NemesisPace(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)),
        };
        CampaignOptions? read = args.Length % 2 == 0 ? options : null;
        for (int i = 0; i + 1 < args.Length && read is not null; i += 2)
        {
            read = With(read, args[i], args[i + 1]);
        }

        return read;
    }

    private static CampaignOptions? With(CampaignOptions options, string name, string value)
    {
        if (name == "--on")
        {
            return ClusterPlan.All.FirstOrDefault(p => p.Name == value) is { } plan ? options with { Plan = plan } : null;
        }

        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            return null;
        }

        return name switch
        {
            "--runs" => options with { Runs = (int)number },
            "--seed" => options with { Seed = (int)number },
            "--minutes" => options with { Over = TimeSpan.FromMinutes(number) },
            "--connections" => options with { Connections = (int)number },
            "--period" => options with { Pace = options.Pace with { Between = TimeSpan.FromSeconds(number) } },
            "--pause" => options with { Pace = options.Pace with { Pause = TimeSpan.FromSeconds(number) } },
            _ => null,
        };
    }
}
