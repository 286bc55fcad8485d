using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Naming;

namespace InterCluster.Cli.Calls;

/// <summary>What is called: <c>app/function/more?query=1</c>. What stands behind the app's name is the app's own and is sent as it is.</summary>
internal sealed record CallTarget(string App, string Rest)
{
    public static CallTarget Parse(string text)
    {
        string path = text.TrimStart('/');
        int end = path.AsSpan().IndexOfAny('/', '?');
        string app = end < 0 ? path : path[..end];
        string rest = end < 0 ? "/" : path[end] == '?' ? "/" + path[end..] : path[end..];
        if (!Names.IsApp(app))
        {
            throw CliException.Usage($"'{app}' is not an app's name.", "Write APP/FUNCTION, such as words/count; --project names the project.");
        }

        if (rest.AsSpan().ContainsAnyInRange('\0', ' ') || rest.Contains('#', StringComparison.Ordinal))
        {
            throw CliException.Usage($"'{rest}' is not a path.", "Write a space as %20 and # as %23.");
        }

        return new CallTarget(app, rest);
    }

    public Uri Address(ConnectionSettings connection, bool asRun = false)
    {
        string run = !asRun ? "" : Rest.Contains('?', StringComparison.Ordinal) ? "&async=true" : "?async=true";
        return ApiClient.Address(connection.GatewayUrl, $"/v4/{connection.Project}/{App}{Rest}{run}");
    }

    public override string ToString() => App + Rest;
}
