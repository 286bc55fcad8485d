namespace InterCluster.Chaos.Harness.Machines;

/// <summary>What can be killed and comes back.</summary>
internal interface IVictim
{
    string Name { get; }

    /// <summary>False for what consists of processes that we do not know.</summary>
    bool CanPause { get; }

    /// <summary>kill -9.</summary>
    Task KillAsync();

    /// <summary>Starts it with what it had on disk; completes when it is ready.</summary>
    Task StartAgainAsync();

    /// <summary>SIGSTOP.</summary>
    void Pause();

    /// <summary>SIGCONT.</summary>
    void Resume();
}
