using System.Text.Json;
using System.Text.Json.Serialization;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Processes;

/// <summary>
/// What is on disk of a replica, from before its start until all of it is gone: enough to find its processes again, and to tell them from
/// others. The pid is null until the process has been started.
/// </summary>
internal sealed record ProcessRecord
{
    public required string Replica { get; init; }
    public required string Project { get; init; }
    public required string App { get; init; }
    public required int Revision { get; init; }
    public required int Port { get; init; }
    public required string BootId { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public int? Pid { get; init; }
    public long StartTime { get; init; }
    public string? Cgroup { get; init; }
    public string? Limits { get; init; }

    [JsonIgnore]
    public ReplicaId Id => new(Replica);

    [JsonIgnore]
    public AppId AppId => new(Project, App);

    [JsonIgnore]
    public ProcessIdentity? Process => Pid is int pid ? new ProcessIdentity(pid, StartTime) : null;

    public void Save(ReplicaFolder folder) => ReplicaFolder.Write(folder.Record, JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Null for a file that cannot be read: it was being written as the machine went down.</summary>
    public static ProcessRecord? Load(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<ProcessRecord>(File.ReadAllBytes(file));
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            return null;
        }
    }
}
