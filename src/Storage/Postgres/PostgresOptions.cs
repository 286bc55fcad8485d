namespace InterCluster.Storage.Postgres;

/// <summary>The database of a server that shares it with others (<c>InterCluster:Storage:Postgres</c>).</summary>
public sealed class PostgresOptions
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "InterCluster:Storage:Postgres";

    /// <summary>
    /// Where PostgreSQL is, as Npgsql reads it: <c>Host=db;Username=intercluster;Password=…;Database=intercluster</c>. Set: runs, apps and keys are
    /// kept there; empty (the default): in a file under <see cref="StorageOptions.DataFolder"/>.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>How long one group of changes, or one read, may take before it has failed. Default 10 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long making a connection may take. Default 3 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a server that starts waits for a database that does not answer, before it gives up. Default 2 min.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Connections, each with its own thread, for each kind of change (submissions, claims, settlements). Default 2.</summary>
    public int Writers { get; set; } = 2;
}
