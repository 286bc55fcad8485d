namespace InterCluster.Replicas.Fleet;

/// <summary>Keeps the data folder to one server: a second one would take the first one's replicas for leftovers. Gone with the process, however it ends.</summary>
internal sealed class DataFolderLock(string folder) : IDisposable
{
    private FileStream? _file;

    public void Take()
    {
        Directory.CreateDirectory(folder);
        try
        {
            _file = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new InvalidOperationException(
                $"{ReplicasOptions.Section}:DataFolder '{Path.GetFullPath(folder)}' is in use by another server; stop it or give this one a folder of its own", error);
        }
    }

    public void Dispose() => Interlocked.Exchange(ref _file, null)?.Dispose();
}
