using InterCluster.Bench.Gateway.Cases;
using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway;

/// <summary>The command line.</summary>
internal sealed record Settings
{
    public const string Idle = "ws-idle";

    public const string Help = """
        bench/gateway [--quick] [--only CASE[,CASE]] [--contenders NAME[,NAME]] [--rounds N] [--seconds N] [--output FILE] [--check]

          --quick        one short round: does everything work?
          --only         json-1, json-32, download, upload, slow, ws-echo, routing, ws-idle
          --contenders   direct, yarp, yarp-inline, nginx, haproxy, intercluster
          --output       where the page goes; without it, only to the terminal
          --check        exit code 1 also when a goal is missed, not only on errors
        """;

    private static readonly IReadOnlyList<string> AllCases = [.. BenchCase.Shared.Select(c => c.Name), BenchCase.Routing.Name, Idle];

    public Plan Plan { get; private set; } = Plan.Full;

    public IReadOnlyList<string> Cases { get; private set; } = AllCases;

    public IReadOnlyList<string> Contenders { get; private set; } = Names.All;

    public string? Output { get; private set; }

    public bool Check { get; private set; }

    /// <summary>Throws <see cref="FormatException"/> for what it does not know.</summary>
    public static Settings Parse(IReadOnlyList<string> args)
    {
        var settings = new Settings { Plan = args.Contains("--quick") ? Plan.Quick : Plan.Full };
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} needs a value");
            settings.Apply(args[i], Value);
        }

        return settings;
    }

    private void Apply(string name, Func<string> value)
    {
        switch (name)
        {
            case "--quick": break; // Read first: the other switches change its plan.
            case "--check": Check = true; break;
            case "--output": Output = value(); break;
            case "--only": Cases = List(value(), AllCases); break;
            case "--contenders": Contenders = List(value(), Names.All); break;
            case "--rounds": Plan = Plan with { Rounds = Number(value()) }; break;
            case "--seconds": Plan = Plan with { Seconds = Number(value()) }; break;
            default: throw new FormatException($"unknown argument {name}");
        }
    }

    private static int Number(string text) => int.TryParse(text, out var number) && number > 0 ? number : throw new FormatException($"{text} is not a number above 0");

    private static string[] List(string text, IReadOnlyList<string> known)
    {
        var names = text.Split(',');
        return Array.Find(names, name => !known.Contains(name)) is { } unknown
            ? throw new FormatException($"unknown {unknown}: one of {string.Join(", ", known)}")
            : names;
    }
}
