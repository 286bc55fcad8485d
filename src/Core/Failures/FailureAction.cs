namespace InterCluster.Core.Failures;

/// <summary>What happens at a <see cref="FailurePoint"/>.</summary>
public enum FailureAction
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The process ends as by kill -9.</summary>
    Kill,

    /// <summary>The thread that came by stays there for ever.</summary>
    Hang,

    /// <summary>An <see cref="IOException"/> is thrown.</summary>
    Throw,
}
