using System.Collections.Concurrent;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Routing;

/// <summary>What the gateway needs to know of an app, made once per revision.</summary>
internal sealed class AppRoute(Revision revision, IAdmission admission)
{
    private const int MaxKnownFunctions = 256;
    private readonly ConcurrentDictionary<string, string> _functions = new(StringComparer.Ordinal);

    public AppId App { get; } = revision.App;

    public Revision Revision { get; } = revision;

    public IAdmission Admission { get; } = admission;

    public bool AuthDisabled { get; } = revision.Config.DisableAuth;

    public TimeSpan ResponseGracePeriod { get; } = revision.Config.Scaling.ResponseGracePeriod;

    /// <summary>What the app's own URLs begin with; the replica gets it as <c>X-Forwarded-Prefix</c>.</summary>
    public string Prefix { get; } = $"/v4/{revision.App.Project}/{revision.App.App}";

    /// <summary>The function's name as a string, without making one for those that are called often. Bounded: callers choose the names.</summary>
    public string FunctionName(ReadOnlySpan<char> name)
    {
        if (_functions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out string? known))
        {
            return known;
        }

        string text = name.ToString();
        return _functions.Count < MaxKnownFunctions ? _functions.GetOrAdd(text, text) : text;
    }
}
