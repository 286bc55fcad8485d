using System.Globalization;
using System.Text;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>The folder of the data file, for its owner only, held against a second server as long as this lives.</summary>
internal sealed class DataFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly FileStream _lock;

    private DataFolder(string file, FileStream heldLock) => (File, _lock) = (file, heldLock);

    /// <summary>The data file; there, if empty.</summary>
    public string File { get; }

    public static DataFolder Open(string path)
    {
        string folder = Path.GetFullPath(path);
        CreateFolder(folder);
        FileStream heldLock = Lock(folder);
        try
        {
            string file = Path.Combine(folder, "intercluster.db");
            Create(file, FileMode.OpenOrCreate, FileShare.ReadWrite).Dispose();
            Tighten(file);
            return new DataFolder(file, heldLock);
        }
        catch
        {
            heldLock.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    // The system drops the lock with the process, however it ends: a file left behind locks nobody out.
    private static FileStream Lock(string folder)
    {
        string file = Path.Combine(folder, "lock");
        string owner = Path.Combine(folder, "owner"); // Apart, because what is locked cannot be read either.
        FileStream held;
        try
        {
            held = Create(file, FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException e) when (System.IO.File.Exists(file))
        {
            throw new IOException(
                $"The data folder '{folder}' is in use by another server{Owner(owner)}. Stop it, or set {StorageOptions.Section}:DataFolder to another folder.", e);
        }

        using FileStream stream = Create(owner, FileMode.Create, FileShare.Read);
        stream.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        return held;
    }

    private static string Owner(string file)
    {
        try
        {
            return $" (process {System.IO.File.ReadAllText(file)})";
        }
        catch (IOException)
        {
            return ""; // It says so as soon as it has its lock; we came in between.
        }
    }

    private static FileStream Create(string file, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(file, options);
    }

    private static void Tighten(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(file, OwnerOnly);
        }
    }
}
