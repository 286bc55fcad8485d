namespace InterCluster.Testing.Postgres;

/// <summary>A PostgreSQL server that can be killed and started again with what it had on disk, on the same port.</summary>
internal interface IPostgresHost : IAsyncDisposable
{
    int Port { get; }

    string User { get; }

    string Password { get; }

    Task StartAsync();

    /// <summary>kill -9 of the whole server.</summary>
    Task KillAsync();
}
