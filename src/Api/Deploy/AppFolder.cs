namespace InterCluster.Api.Deploy;

/// <summary>
/// The folder that an app runs in: absolute, there, and with every link resolved once, so that swapping one later changes nothing. Refused when anybody
/// on the machine could put another program in its place (RELIABILITY I36).
/// </summary>
internal static class AppFolder
{
    private const string Name = "folder";

    /// <summary>The resolved folder; null when it is refused, which is reported.</summary>
    /// <param name="folder">Where the app's file was.</param>
    /// <param name="inFile">The folder that the file names, absolute or within the other.</param>
    /// <param name="report">Gets what is wrong.</param>
    public static string? Resolve(string? folder, string? inFile, AppFileReport report)
    {
        string path = inFile is null ? folder ?? "" : folder is null ? inFile : Path.Combine(folder, inFile);
        string? error =
            path.Length == 0 ? "missing; give the absolute folder that the app runs in (?folder=, or deployment.folder in the file)"
            : path.Contains('\0', StringComparison.Ordinal) || !Path.IsPathFullyQualified(path) ? "must be an absolute path"
            : path.Split('/', '\\').Contains("..") ? "must not hold \"..\""
            : null;
        string? resolved = null;
        if (error is null)
        {
            error = TryFollow(path, out resolved) ? CheckPermissions(resolved) : "must be a folder that is there and can be read by the server";
        }

        if (error is not null)
        {
            report.Add(path.Length == 0 ? $"{Name}: {error}." : $"{Name} = {AppFileReport.Show(path)}: {error}.");
            return null;
        }

        return resolved;
    }

    private static bool TryFollow(string path, out string resolved)
    {
        resolved = Path.GetPathRoot(path)!;
        try
        {
            foreach (string part in path[resolved.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (part == ".")
                {
                    continue;
                }

                var next = new DirectoryInfo(Path.Combine(resolved, part));
                if (!next.Exists)
                {
                    return false;
                }

                // A link's own target may lead through links again: follow it from the root.
                if (next.ResolveLinkTarget(returnFinalTarget: true) is { } target && !TryFollow(target.FullName, out resolved))
                {
                    return false;
                }

                resolved = next.LinkTarget is null ? next.FullName : resolved;
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? CheckPermissions(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherWrite))
        {
            return "must not be writable by everybody";
        }

        for (DirectoryInfo? above = Directory.GetParent(folder); above is not null; above = above.Parent)
        {
            // With the sticky bit (as on /tmp) others may add entries but not rename ours.
            if (above.UnixFileMode.HasFlag(UnixFileMode.OtherWrite) && !above.UnixFileMode.HasFlag(UnixFileMode.StickyBit))
            {
                return $"must not be within {above.FullName}, which is writable by everybody";
            }
        }

        return null;
    }
}
