namespace InterCluster.Core.Apps;

/// <summary>
/// What a deploy may ask of the runtime, as one pure check: the entrypoint is an argv that is never given to a shell, the app's folder is a
/// real one, and the app's variables cannot change how the replica's process is loaded or who it is.
/// </summary>
public static class RuntimeRules
{
    /// <summary>The most arguments of an entrypoint.</summary>
    public const int MaxArguments = 1000;

    /// <summary>The most bytes of the entrypoint, and of the variables, in UTF-8.</summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>Every mistake at once, each naming its key; empty when the runtime can be run.</summary>
    public static IReadOnlyList<string> Check(RuntimeConfig runtime)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        var errors = new List<string>();
        if (runtime.Addresses.Count > 0)
        {
            CheckAddresses(runtime, errors);
        }
        else
        {
            CheckEntrypoint(runtime.Entrypoint, errors);
            CheckFolder(runtime.Folder, errors);
        }

        CheckEndpoint("healthcheck_endpoint", runtime.HealthcheckEndpoint, errors);
        CheckEndpoint("readycheck_endpoint", runtime.ReadycheckEndpoint, errors);
        EnvironmentRules.Check(runtime.Environment, errors);
        return errors;
    }

    private static void CheckAddresses(RuntimeConfig runtime, List<string> errors)
    {
        if (runtime.Entrypoint.Count > 0)
        {
            errors.Add("entrypoint and addresses exclude each other: an app is either run here or runs elsewhere");
        }

        foreach (string address in runtime.Addresses)
        {
            if (!IsAddress(address))
            {
                errors.Add($"addresses: '{Shown(address)}' is not of the form http://host:port or https://host:port, without a path");
            }
        }

        if (runtime.Addresses.Distinct(StringComparer.OrdinalIgnoreCase).Count() < runtime.Addresses.Count)
        {
            errors.Add("addresses: an address is there twice, which would double its slots");
        }
    }

    private static bool IsAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.Host.Length > 0
        && uri.PathAndQuery == "/"
        && uri.UserInfo.Length == 0
        && uri.Fragment.Length == 0
        && !address.EndsWith('/');

    private static void CheckEntrypoint(IReadOnlyList<string> argv, List<string> errors)
    {
        if (argv.Count == 0 || argv[0].Length == 0)
        {
            errors.Add("entrypoint: names no program");
            return;
        }

        if (argv.Count > MaxArguments || argv.Sum(System.Text.Encoding.UTF8.GetByteCount) > MaxBytes)
        {
            errors.Add($"entrypoint: at most {MaxArguments} arguments and {MaxBytes} bytes");
        }

        if (argv.Any(a => a.Contains('\0', StringComparison.Ordinal)))
        {
            errors.Add("entrypoint: an argument holds a NUL character, which no program can be given");
        }

        CheckProgram(argv[0], errors);
    }

    private static void CheckProgram(string program, List<string> errors)
    {
        // A batch file is run by cmd.exe, which parses the arguments again: there is no safe quoting for it.
        string name = program.TrimEnd(' ', '.');
        if (name.EndsWith(".bat", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase))
        {
            errors.Add($"entrypoint: '{Shown(program)}' is a batch file, which only a shell can run; name the program itself");
        }

        if (!program.StartsWith('/') && program.Split('/', '\\').Contains(".."))
        {
            errors.Add($"entrypoint: '{Shown(program)}' leaves the app's folder; use a path inside it, a name on the PATH, or an absolute path");
        }
    }

    private static void CheckFolder(string? folder, List<string> errors)
    {
        if (folder is null || !Path.IsPathFullyQualified(folder) || folder.Contains('\0', StringComparison.Ordinal))
        {
            errors.Add($"folder: '{Shown(folder ?? "")}' is not an absolute path");
        }
        else if (folder.Split('/', '\\').Contains(".."))
        {
            errors.Add($"folder: '{Shown(folder)}' has a '..' in it; write the path that is meant");
        }
    }

    private static void CheckEndpoint(string key, string path, List<string> errors)
    {
        if (path.Length > 0 && (path[0] != '/' || path.StartsWith("//", StringComparison.Ordinal) || path.Any(c => c is <= ' ' or (char)127)))
        {
            errors.Add($"{key}: '{Shown(path)}' is not a path that begins with one slash (empty: TCP probe)");
        }
    }

    internal static string Shown(string text) =>
        string.Concat((text.Length > 100 ? text[..100] + "…" : text).Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
