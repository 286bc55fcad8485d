namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>Where a load goes: an address, the path of the app there, and the headers that it needs.</summary>
/// <param name="Origin"><c>http://127.0.0.1:port</c>.</param>
/// <param name="Prefix">The path of the app behind the proxy; empty where the proxy has one route for everything.</param>
/// <param name="Headers"><c>Name: value</c>.</param>
/// <param name="Apps">How many apps there are behind <see cref="AppPrefix"/>; <paramref name="Prefix"/> is one of them.</param>
internal sealed record Target(string Origin, string Prefix, IReadOnlyList<string> Headers, int Apps = 1)
{
    public const string Project = "p-bench000";
    public const string AppPrefix = $"/v4/{Project}/app-";

    public static string AppPath(int app) => $"{AppPrefix}{app}";

    public Uri Url(string path) => new(Origin + Prefix + path);
}
