namespace InterCluster.Server.Hosting;

/// <summary>What a process does. All three by default.</summary>
[Flags]
internal enum Roles
{
    Api = 1,
    Dispatcher = 2,
    Workers = 4,
    All = Api | Dispatcher | Workers,
}
