namespace InterCluster.Testing.Machines;

/// <summary>A server that can be killed and started again with what it had on disk, on the same ports.</summary>
internal interface IServerHost : IAsyncDisposable
{
    /// <summary>Where its clients find it.</summary>
    int Port { get; }

    string User { get; }

    string Password { get; }

    Task StartAsync();

    /// <summary>kill -9 of the whole server.</summary>
    Task KillAsync();
}
