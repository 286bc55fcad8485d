namespace InterCluster.Replicas.Providers;

/// <summary>One started replica, in the hands of its provider.</summary>
internal interface IReplicaHandle
{
    /// <summary>Scheme, host and port.</summary>
    string Address { get; }

    /// <summary>The operating system's id; null when it is not a process of this machine.</summary>
    int? ProcessId { get; }

    /// <summary>What limits are in force, for people; null when there is nothing to say.</summary>
    string? Limits { get; }

    /// <summary>Completes as soon as the replica cannot answer any more; what it had started may still be there.</summary>
    Task Died { get; }

    /// <summary>Completes when the replica has ended, with how, and everything it had started is gone.</summary>
    Task<string> Ended { get; }

    /// <summary>Looks whether it has ended, for when the system's notice is late: a probe has just failed.</summary>
    void Look();

    /// <summary>Null, or why what answers on the address cannot be this replica. Asked once, before its first call.</summary>
    string? Impostor();

    /// <summary>Asks it to end, and after <paramref name="grace"/> (or at once when <paramref name="now"/> is cancelled) makes it. Completes when all is gone.</summary>
    Task StopAsync(TimeSpan grace, CancellationToken now);
}
