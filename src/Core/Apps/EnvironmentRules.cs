using System.Text;

namespace InterCluster.Core.Apps;

/// <summary>
/// Which variables an app may set for its replicas. Refused are those that change what code the process loads (the dynamic linker's, the
/// .NET host's, other interpreters') and those that we set ourselves.
/// </summary>
public static class EnvironmentRules
{
    private static readonly HashSet<string> Denied = new(StringComparer.OrdinalIgnoreCase)
    {
        "PATH", "HOME", "TMPDIR", "PORT", "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_URLS",
        "DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES", "DOTNET_HOSTINGSTARTUPASSEMBLIES",
        "URLS", "HTTP_PORTS", "HTTPS_PORTS", "GCONV_PATH", "GLIBC_TUNABLES", "ENV", "BASH_ENV", "IFS", "NODE_OPTIONS", "PYTHONSTARTUP", "PYTHONHOME",
        "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS",
    };

    private static readonly string[] DeniedPrefixes =
        ["LD_", "DYLD_", "CORECLR_", "COR_", "INTERCLUSTER_", "DOTNET_ROOT", "DOTNET_HOST_"];

    /// <summary>True for a name that an app may set.</summary>
    public static bool IsAllowed(string name) =>
        IsName(name)
        && !Denied.Contains(name)
        && !DeniedPrefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a message for each variable that cannot be set.</summary>
    internal static void Check(IReadOnlyDictionary<string, string> variables, List<string> errors)
    {
        foreach ((string name, string value) in variables)
        {
            if (!IsName(name))
            {
                errors.Add($"environment: '{RuntimeRules.Shown(name)}' is not a name: letters, digits and underscores, not beginning with a digit");
            }
            else if (!IsAllowed(name))
            {
                errors.Add($"environment: '{name}' cannot be set by an app: it is set by the platform, or changes what code the process loads");
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                errors.Add($"environment: the value of '{RuntimeRules.Shown(name)}' holds a NUL character");
            }
        }

        if (variables.Sum(v => Encoding.UTF8.GetByteCount(v.Key) + Encoding.UTF8.GetByteCount(v.Value)) > RuntimeRules.MaxBytes)
        {
            errors.Add($"environment: the variables are larger than {RuntimeRules.MaxBytes} bytes");
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 256 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
