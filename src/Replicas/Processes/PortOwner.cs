using System.Globalization;

namespace InterCluster.Replicas.Processes;

/// <summary>Tells whether what listens on a replica's port is the replica (Linux): a program of somebody else may have been quicker.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";

    /// <summary>Null when the replica listens on its port, or when that cannot be told; else what is wrong.</summary>
    public static string? Impostor(ProcessRecord record)
    {
        HashSet<string> sockets = [.. Sockets("/proc/net/tcp", record.Port), .. Sockets("/proc/net/tcp6", record.Port)];
        if (sockets.Count == 0 || record.Process is not { } leader)
        {
            return null;
        }

        string marker = ReplicaEnvironment.Marker(record.Id);
        ProcessEntry? owner = ProcessTable.All().Cast<ProcessEntry?>().FirstOrDefault(p => Holds(p!.Value.Identity.Pid, sockets));

        // What the replica has asked another program to start (a container's proxy) is younger than the replica; what took the port before is not.
        bool foreign = owner is { } found && found.Identity.StartTime < leader.StartTime && found.Group != leader.Pid && found.Session != leader.Pid && !ProcessTable.HasMarker(found.Identity.Pid, marker);
        return foreign ? string.Create(CultureInfo.InvariantCulture, $"port {record.Port} was taken by another process") : null;
    }

    private static IEnumerable<string> Sockets(string table, int port)
    {
        if (!File.Exists(table))
        {
            return [];
        }

        // "sl local_address rem_address st … inode": addresses are hexadecimal, host:port.
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return File.ReadLines(table)
            .Skip(1)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f.Length > 9 && f[3] == Listening && f[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(f => $"socket:[{f[9]}]");
    }

    private static bool Holds(int pid, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(f => new FileInfo(f).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's, or just gone.
            return false;
        }
    }
}
