using System.Globalization;

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
        try
        {
            FileStream held = Create(file, FileMode.OpenOrCreate, FileShare.None);
            held.SetLength(0);
            using var writer = new StreamWriter(held, leaveOpen: true);
            writer.Write(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return held;
        }
        catch (IOException e) when (System.IO.File.Exists(file))
        {
            throw new IOException(
                $"The data folder '{folder}' is in use by another server{Holder(file)}. Stop it, or set {StorageOptions.Section}:DataFolder to another folder.", e);
        }
    }

    private static string Holder(string file)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            string process = reader.ReadToEnd();
            return process.Length == 0 ? "" : $" (process {process})";
        }
        catch (IOException)
        {
            return "";
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
