using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Processes;

/// <summary>Where things are in the data folder: <c>running/&lt;replica&gt;</c> for each replica, <c>apps/&lt;project&gt;/&lt;app&gt;</c> for each app.</summary>
internal sealed class ReplicaFolder(string data, AppId app, ReplicaId id)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Root { get; } = Path.Combine(Running(data), id.Value);

    public string Record => Path.Combine(Root, "record.json");

    public string Token => Path.Combine(Root, "token");

    public string Stdout => Path.Combine(Root, "stdout");

    public string Stderr => Path.Combine(Root, "stderr");

    public string Home { get; } = Path.Combine(App(data, app), "home");

    public string Temporary { get; } = Path.Combine(App(data, app), "tmp");

    public static string Running(string data) => Path.Combine(data, "running");

    public static string App(string data, AppId app) => Path.Combine(data, "apps", app.Project, app.App);

    public void Create()
    {
        foreach (string folder in new[] { Root, Home, Temporary })
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }

        foreach (string output in new[] { Stdout, Stderr })
        {
            File.Open(output, PrivateFile(FileMode.Create)).Dispose();
        }
    }

    public void Delete()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }

    /// <summary>Replaces a file of the owner's own in one step: a reader sees the old text or the new one.</summary>
    public static void Write(string file, ReadOnlySpan<byte> content)
    {
        string next = file + ".next";
        using (FileStream stream = File.Open(next, PrivateFile(FileMode.Create)))
        {
            stream.Write(content);
        }

        File.Move(next, file, overwrite: true);
    }

    private static FileStreamOptions PrivateFile(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };
}
