using System.Text;

namespace InterCluster.Api.Auth;

/// <summary>A file that holds a secret of the server: made on the first start, readable by its owner only.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Its text less the last line's end, made when there is no file. Throws when the file is not ours to trust.</summary>
    public static string ReadOrCreate(string path, string what, Func<string> make, out bool created)
    {
        created = !File.Exists(path);
        if (created)
        {
            Create(path, make());
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new InvalidOperationException(
                $"The {what} {path} can be used by others than its owner ({File.GetUnixFileMode(path)}). Make it private (chmod 600), or delete it to get a new key.");
        }

        return File.ReadAllText(path).TrimEnd('\r', '\n');
    }

    /// <summary>Whole or not at all: a file that was written half would lock its owner out. The first of two processes wins.</summary>
    private static void Create(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // Not the process id: servers in containers that share a volume all have the same.
        string part = $"{path}.{Guid.NewGuid():N}.part";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(part, options))
        {
            file.Write(Encoding.ASCII.GetBytes(text + "\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(part, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(part);
        }
    }
}
