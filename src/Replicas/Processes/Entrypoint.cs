using System.Globalization;

namespace InterCluster.Replicas.Processes;

/// <summary>Turns an app's entrypoint into a program and its argv.</summary>
internal static class Entrypoint
{
    private static readonly string[] Placeholders = ["{port}", "${PORT}", "$PORT"];

    /// <summary>
    /// The argv with the replica's port in place of <c>{port}</c>, <c>$PORT</c>, <c>${PORT}</c> and of the port that the app's file names where
    /// that is an argument or what an argument ends in after <c>=</c> or <c>:</c>. Everything else is as written, byte for byte.
    /// </summary>
    public static IReadOnlyList<string> WithPort(IReadOnlyList<string> argv, int configuredPort, int port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        string configured = configuredPort.ToString(CultureInfo.InvariantCulture);
        return [.. argv.Select((a, i) => i == 0 ? a : ReplaceConfigured(ReplacePlaceholders(a, number), configuredPort > 0 ? configured : null, number))];
    }

    /// <summary>The program's file: in the app's folder, else on the PATH. Null when there is none.</summary>
    public static string? Find(string program, string folder, string path)
    {
        if (Path.IsPathRooted(program))
        {
            return IsProgram(program) ? program : null;
        }

        string inFolder = Path.Combine(folder, program);
        if (IsProgram(inFolder))
        {
            return inFolder;
        }

        return program.Contains('/', StringComparison.Ordinal)
            ? null
            : path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(p => Path.Combine(p, program)).FirstOrDefault(IsProgram);
    }

    private static string ReplacePlaceholders(string argument, string number)
    {
        foreach (string placeholder in Placeholders)
        {
            for (int at = argument.IndexOf(placeholder, StringComparison.Ordinal); at >= 0; at = argument.IndexOf(placeholder, at, StringComparison.Ordinal))
            {
                int end = at + placeholder.Length;

                // $PORT is a whole word: $PORTAL is something else.
                bool whole = placeholder[^1] == '}' || end == argument.Length || !(char.IsAsciiLetterOrDigit(argument[end]) || argument[end] == '_');
                argument = whole ? string.Concat(argument.AsSpan(0, at), number, argument.AsSpan(end)) : argument;
                at = whole ? at + number.Length : end;
            }
        }

        return argument;
    }

    private static string ReplaceConfigured(string argument, string? configured, string number)
    {
        if (configured is null || !argument.EndsWith(configured, StringComparison.Ordinal))
        {
            return argument;
        }

        int at = argument.Length - configured.Length;
        return at == 0 || argument[at - 1] is '=' or ':' ? argument[..at] + number : argument;
    }

    private static bool IsProgram(string file) =>
        File.Exists(file) && (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
