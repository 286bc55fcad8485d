using System.Globalization;

namespace InterCluster.Bench.Storage;

/// <summary>What to measure.</summary>
/// <param name="Folder">Where the data file goes; null for PostgreSQL.</param>
/// <param name="Postgres">The connection string of an empty database; null for SQLite.</param>
/// <param name="Fill">Runs that fill the lists; 0: they are not measured.</param>
/// <param name="Finished">Finished runs that are there before the first measurement (PostgreSQL).</param>
/// <param name="Queued">Queued ones.</param>
internal sealed record BenchSettings(string? Folder, string? Postgres, int Fill, int Finished, int Queued)
{
    public const string Usage = """
        usage: storage-bench FOLDER [RUNS]                measures the SQLite store in a new folder under FOLDER
               storage-bench --postgres CONNECTION [RUNS] [--prefill finished=10m queued=1m]
                                                          measures the PostgreSQL store in an empty database
        RUNS fills the lists (default 200000; 0: they are not measured)
        """;

    public static BenchSettings? Read(string[] args)
    {
        int prefill = Array.IndexOf(args, "--prefill");
        string[] plain = prefill < 0 ? args : args[..prefill];
        Dictionary<string, int> before = prefill < 0 ? [] : args[(prefill + 1)..].Select(a => a.Split('=')).ToDictionary(a => a[0], a => Number(a[1]));
        BenchSettings settings = new(null, null, 200_000, before.GetValueOrDefault("finished"), before.GetValueOrDefault("queued"));
        return plain switch
        {
            ["--postgres", string connection] => settings with { Postgres = connection },
            ["--postgres", string connection, string runs] => settings with { Postgres = connection, Fill = Number(runs) },
            [string folder] => settings with { Folder = folder },
            [string folder, string runs] => settings with { Folder = folder, Fill = Number(runs) },
            _ => null,
        };
    }

    private static int Number(string text) => text switch
    {
        [.. var n, 'm'] => int.Parse(n, CultureInfo.InvariantCulture) * 1_000_000,
        [.. var n, 'k'] => int.Parse(n, CultureInfo.InvariantCulture) * 1000,
        _ => int.Parse(text, CultureInfo.InvariantCulture),
    };
}
