using System.Globalization;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Processes;

/// <summary>The environment of a replica, built from nothing: the server's own variables (its secrets among them) are not passed on.</summary>
internal sealed class ReplicaEnvironment
{
    private const string Unix = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly string? _dotnet = DotnetFolder.Find();
    private readonly string _gatewayUrl;

    public ReplicaEnvironment(ReplicasOptions options)
    {
        _gatewayUrl = options.GatewayUrl.TrimEnd('/');
        string system = OperatingSystem.IsMacOS() ? "/opt/homebrew/bin:" + Unix : Unix;
        SearchPath = options.Path ?? (_dotnet is null || system.Split(':').Contains(_dotnet) ? system : $"{system}:{_dotnet}");
    }

    /// <summary>The PATH of replicas.</summary>
    public string SearchPath { get; }

    /// <summary>The line of the environment that tells a replica's processes from all others on the machine.</summary>
    public static string Marker(ReplicaId id) => $"INTERCLUSTER_REPLICA={id.Value}";

    /// <summary>The lines <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> For(Revision revision, ReplicaId id, int port, string token, ReplicaFolder folder)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in revision.Config.Runtime.Environment.Where(v => EnvironmentRules.IsAllowed(v.Key)))
        {
            variables[name] = value;
        }

        variables.TryAdd("LANG", "C.UTF-8");
        variables["PATH"] = SearchPath;
        variables["HOME"] = folder.Home;
        variables["TMPDIR"] = folder.Temporary;
        variables["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        variables["INTERCLUSTER_URL"] = _gatewayUrl;
        variables["INTERCLUSTER_PROJECT"] = revision.App.Project;
        variables["INTERCLUSTER_APP"] = revision.App.App;
        variables["INTERCLUSTER_REVISION"] = revision.Number.ToString(CultureInfo.InvariantCulture);
        variables["INTERCLUSTER_REPLICA"] = id.Value;
        variables["INTERCLUSTER_TOKEN"] = token;
        variables["INTERCLUSTER_TOKEN_FILE"] = folder.Token;
        if (_dotnet is not null)
        {
            variables["DOTNET_ROOT"] = _dotnet;
        }

        return [.. variables.Select(v => $"{v.Key}={v.Value}")];
    }
}
