namespace InterCluster.Bench.Jobs;

/// <summary>The command line.</summary>
internal sealed record Settings
{
    public const string Help = """
        bench/jobs [--jobs N] [--rounds N] [--callers N] [--contenders NAME[,NAME]] [--only CASE[,CASE]] [--output FILE]

          --jobs         jobs of a fast contender per round (100000); slow ones (celery, hangfire) get a tenth
          --rounds       turns of each contender (3)
          --callers      callers that submit at once (64)
          --contenders   intercluster, intercluster-roles, intercluster-embedded, graphile-worker, bullmq, celery, hangfire
          --only         jobs, latency, submissions, beside; all but the first are of InterCluster alone
          --output       where the page goes; without it, only to the terminal
        """;

    public static readonly IReadOnlyList<string> All = ["intercluster", "intercluster-roles", "intercluster-embedded", "graphile-worker", "bullmq", "celery", "hangfire"];

    public static readonly IReadOnlyList<string> AllCases = ["jobs", "latency", "submissions", "beside"];

    public int Jobs { get; private set; } = 100_000;

    public int Rounds { get; private set; } = 3;

    public int Callers { get; private set; } = 64;

    public IReadOnlyList<string> Contenders { get; private set; } = All;

    public IReadOnlyList<string> Cases { get; private set; } = AllCases;

    public string? Output { get; private set; }

    /// <summary>Throws <see cref="FormatException"/> for what it does not know.</summary>
    public static Settings Parse(IReadOnlyList<string> args)
    {
        var settings = new Settings();
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
            case "--jobs": Jobs = Number(value()); break;
            case "--rounds": Rounds = Number(value()); break;
            case "--callers": Callers = Number(value()); break;
            case "--contenders": Contenders = List(value(), All); break;
            case "--only": Cases = List(value(), AllCases); break;
            case "--output": Output = value(); break;
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
