namespace InterCluster.Api.Auth;

/// <summary>The file that holds the admin key: made on the first start, readable by its owner only.</summary>
internal static class AdminKeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the key, making it when there is none. Throws when the file is not ours to trust.</summary>
    public static AdminKey ReadOrCreate(string path, out bool created)
    {
        created = !File.Exists(path);
        if (created)
        {
            Create(path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new InvalidOperationException(
                $"The admin key file {path} can be used by others than its owner ({File.GetUnixFileMode(path)}). Make it private (chmod 600), or delete it to get a new key.");
        }

        string text = File.ReadAllText(path).TrimEnd('\r', '\n');
        return AdminKey.IsWellFormed(text)
            ? new AdminKey(text)
            : throw new InvalidOperationException($"The admin key file {path} does not hold an admin key. Delete it to get a new one.");
    }

    /// <summary>Whole or not at all: a file that was written half would lock its owner out. The first of two processes wins.</summary>
    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string part = $"{path}.{Environment.ProcessId}.part";
        File.Delete(part);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(part, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(AdminKey.Generate() + "\n"));
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
