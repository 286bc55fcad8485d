namespace InterCluster.Replicas.Processes;

/// <summary>Where the .NET host is, so that apps written in .NET run without further ado.</summary>
internal static class DotnetFolder
{
    /// <summary>The folder of the <c>dotnet</c> that runs us, that <c>DOTNET_ROOT</c> names or that is on our PATH; null without one.</summary>
    public static string? Find()
    {
        string? ours = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Path.GetDirectoryName(Environment.ProcessPath) : null;
        IEnumerable<string?> candidates =
        [
            ours,
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(Resolved),
        ];
        return candidates.FirstOrDefault(f => !string.IsNullOrEmpty(f) && File.Exists(Path.Combine(f, "dotnet")));
    }

    // On the PATH there is often only a link; the runtimes are beside what it points to.
    private static string? Resolved(string folder)
    {
        string file = Path.Combine(folder, "dotnet");
        return folder.Length > 0 && File.Exists(file)
            ? Path.GetDirectoryName(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file)
            : null;
    }
}
