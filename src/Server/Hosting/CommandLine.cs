using System.Diagnostics.CodeAnalysis;

namespace InterCluster.Server.Hosting;

/// <summary>The server's own arguments; each is a short form of a setting, and wins over it.</summary>
internal sealed class CommandLine
{
    public const string Usage = """
        intercluster-server: the gateway, dispatcher and worker of InterCluster

          --data FOLDER       where everything is kept (.intercluster)
          --listen ADDRESS    data plane, may be repeated (http://127.0.0.1:8080)
          --control ADDRESS   control plane (http://127.0.0.1:8081)
          --roles LIST        of api,dispatcher,workers (all)
          --config FILE       settings as JSON
          --set KEY=VALUE     one setting, as InterCluster:Gateway:DrainTimeout=00:01:00; may be repeated
          --help

        Settings are read from --config, then the environment (InterCluster__Gateway__DrainTimeout), then the arguments.
        """;

    public string Data { get; private set; } = ".intercluster";

    public Roles Roles { get; private set; } = Roles.All;

    public string? ConfigFile { get; private set; }

    public bool Help { get; private set; }

    public Dictionary<string, string?> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>False with every mistake in the arguments.</summary>
    public static bool TryParse(string[] args, [NotNullWhen(true)] out CommandLine? line, out IReadOnlyList<string> mistakes)
    {
        line = new CommandLine();
        var wrong = new List<string>();
        int listeners = 0;
        for (int i = 0; i < args.Length; i++)
        {
            (string name, string? value) = Split(args[i]);
            if (name is "--help" or "-h")
            {
                line.Help = true;
                continue;
            }

            value ??= i + 1 < args.Length ? args[++i] : null;
            if ((value is null ? $"{name} needs a value." : line.Take(name, value, ref listeners)) is { } mistake)
            {
                wrong.Add(mistake);
            }
        }

        mistakes = wrong;
        line = wrong.Count == 0 ? line : null;
        return line is not null;
    }

    private static (string Name, string? Value) Split(string arg)
    {
        int equals = arg.StartsWith("--", StringComparison.Ordinal) ? arg.IndexOf('=') : -1;
        return equals < 0 ? (arg, null) : (arg[..equals], arg[(equals + 1)..]);
    }

    // Null, or what is wrong.
    private string? Take(string name, string value, ref int listeners)
    {
        switch (name)
        {
            case "--data":
                Data = value;
                return null;
            case "--config":
                ConfigFile = value;
                return File.Exists(value) ? null : $"--config {value}: there is no such file.";
            case "--listen":
                Settings[$"InterCluster:Gateway:Listen:{listeners++}"] = value;
                return null;
            case "--control":
                Settings["InterCluster:Control:Listen"] = value;
                return null;
            case "--roles":
                bool known = Enum.TryParse(value, ignoreCase: true, out Roles roles) && value.Split(',').All(part => Enum.TryParse<Roles>(part, ignoreCase: true, out _) && !char.IsDigit(part.Trim()[0]));
                Roles = roles;
                return known ? null : $"--roles {value}: must be of api, dispatcher, workers, with commas between.";
            case "--set":
                int equals = value.IndexOf('=');
                if (equals <= 0)
                {
                    return $"--set {value}: must be KEY=VALUE.";
                }

                Settings[value[..equals]] = value[(equals + 1)..];
                return null;
            default:
                return $"{name}: there is no such argument; see --help.";
        }
    }
}
