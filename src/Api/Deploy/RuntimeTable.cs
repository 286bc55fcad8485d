using InterCluster.Core.Apps;

namespace InterCluster.Api.Deploy;

/// <summary><c>[*.runtime.custom]</c>.</summary>
internal static class RuntimeTable
{
    private const int MaxArguments = 1024;
    private const string PathAllowed = "\"\" (a TCP probe) or a path that begins with a slash, of visible ASCII characters";

    public static RuntimeConfig Read(AppFileSection section, IReadOnlyList<string> addresses)
    {
        bool runsHere = addresses.Count == 0;
        if (runsHere)
        {
            section.Required("entrypoint", "the command that starts a replica");
            section.Required("port", "the port that a replica listens on");
        }

        var runtime = new RuntimeConfig
        {
            Entrypoint = Entrypoint(section),
            Port = (int)section.Whole("port", 0, 1, 65535),
            HealthcheckEndpoint = section.Text("healthcheck_endpoint", IsProbe, PathAllowed) ?? "",
            ReadycheckEndpoint = section.Text("readycheck_endpoint", IsProbe, PathAllowed) ?? "",
            Protocol = section.Text("protocol", p => p is "http1" or "http2", "\"http1\" or \"http2\"", AppFileKeys.OursOnly) == "http2"
                ? ReplicaProtocol.Http2 : ReplicaProtocol.Http1,
            StopsAbandonedCalls = section.Text("abandoned_calls", a => a is "finish" or "stop", "\"finish\" or \"stop\"", AppFileKeys.OursOnly) == "stop",
            Environment = EnvironmentTable.Read(section),
            Addresses = addresses,
        };
        if (!runsHere && runtime.Entrypoint.Count > 0)
        {
            section.Report.Add($"{section.PathOf("entrypoint")} and {AppFileTables.Ours}.replicas.addresses: an app has one or the other.");
        }

        section.Ignore("dockerfile_path");
        return runtime;
    }

    private static List<string> Entrypoint(AppFileSection section)
    {
        if (!section.TryTake("entrypoint", out object? value))
        {
            return [];
        }

        List<string>? arguments = value switch
        {
            string text => CommandLine.TrySplit(text, out List<string>? split) ? split : null,
            List<object?> list when list.TrueForAll(a => a is string) => list.ConvertAll(a => (string)a!),
            _ => null,
        };
        if (arguments is { Count: > 0 and <= MaxArguments } && IsProgram(arguments[0]) && arguments.TrueForAll(a => !a.Contains('\0', StringComparison.Ordinal)))
        {
            return arguments;
        }

        section.Report.Wrong(
            section.PathOf("entrypoint"), value,
            "a list of texts, or one text with closed quotes: a program (no .bat or .cmd, no leading hyphen) and up to 1023 arguments without NUL");
        return [];
    }

    // A batch file is run by the command interpreter, which reads its arguments anew: what is not a shell here must stay none.
    private static bool IsProgram(string program) =>
        program.Trim().Length > 0
        && program[0] != '-'
        && !program.TrimEnd(' ', '.').EndsWith(".bat", StringComparison.OrdinalIgnoreCase)
        && !program.TrimEnd(' ', '.').EndsWith(".cmd", StringComparison.OrdinalIgnoreCase);

    private static bool IsProbe(string path) =>
        path.Length == 0 || (path.Length <= 1024 && path[0] == '/' && path.All(c => c is > ' ' and < (char)127 and not '#' and not '\\'));
}
