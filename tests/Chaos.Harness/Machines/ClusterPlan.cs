namespace InterCluster.Chaos.Harness.Machines;

/// <summary>What a cluster consists of.</summary>
/// <param name="Name">The word for it on the command line.</param>
/// <param name="Members">Its servers: a name, and their roles.</param>
/// <param name="OnPostgres">Runs are kept in PostgreSQL; else in the only server's SQLite file.</param>
/// <param name="OnRabbitMq">Runs are announced by RabbitMQ; else inside the process.</param>
internal sealed record ClusterPlan(string Name, IReadOnlyList<(string Name, string Roles)> Members, bool OnPostgres, bool OnRabbitMq)
{
    private const string Every = "api,dispatcher,workers";

    /// <summary>One process, SQLite, the bus in the process.</summary>
    public static readonly ClusterPlan Embedded = new("embedded", [("server", Every)], false, false);

    /// <summary>One process on PostgreSQL.</summary>
    public static readonly ClusterPlan Postgres = new("postgres", [("server", Every)], true, false);

    /// <summary>Each role in processes of its own, on PostgreSQL and RabbitMQ; the workers reach the gateway over HTTP.</summary>
    public static readonly ClusterPlan Apart = new(
        "apart", [("gateway", "api"), ("worker-1", "workers"), ("worker-2", "workers"), ("dispatcher", "dispatcher")], true, true);

    public static readonly IReadOnlyList<ClusterPlan> All = [Embedded, Postgres, Apart];
}
