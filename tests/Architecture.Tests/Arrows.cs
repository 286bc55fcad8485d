namespace InterCluster.Architecture.Tests;

/// <summary>
/// Which project may reference which: arrows point down to Core and never between roles; Server is the only host, and only Cli stands on it.
/// A new project gets its row here, with the reason for it in docs/decisions.
/// </summary>
internal static class Arrows
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Core"] = [],
        ["Api"] = ["Core"],
        ["Dispatcher"] = ["Core"],
        ["Replicas"] = ["Core"],
        ["Storage"] = ["Core"],
        ["Workers"] = ["Core"],
        ["Server"] = ["Api", "Core", "Dispatcher", "Replicas", "Storage", "Workers"],
        ["Cli"] = ["Core", "Server"],
    };

    private static readonly string[] Executables = ["Cli", "Server"];

    public static IReadOnlyCollection<string> Projects => Allowed.Keys;

    /// <summary>Every rule that the project breaks, as a sentence.</summary>
    public static IEnumerable<string> Violations(ProjectFile project)
    {
        if (!Allowed.TryGetValue(project.Name, out string[]? allowed))
        {
            yield return $"{project.Name} is not in the table of projects";
            yield break;
        }

        foreach (string target in project.References.Except(allowed, StringComparer.Ordinal))
        {
            yield return $"{project.Name} may not reference {target}";
        }

        if (project.IsExecutable != Executables.Contains(project.Name, StringComparer.Ordinal))
        {
            yield return project.IsExecutable ? $"{project.Name} may not be an executable" : $"{project.Name} must be an executable";
        }

        if (project.Name == "Core" && project.UsesPackagesOrFrameworks)
        {
            yield return "Core may use nothing beyond the base class library";
        }
    }
}
