using InterCluster.Core.Naming;

namespace InterCluster.Core.Scaling;

/// <summary>The last decisions of the autoscaler, with their inputs and reasons.</summary>
public interface IScalingHistory
{
    /// <summary>The kept decisions that changed something, newest first.</summary>
    IReadOnlyList<ScalingRecord> Recent(AppId app);

    /// <summary>The desired count in force.</summary>
    int Desired(AppId app);
}

/// <summary>A kept decision.</summary>
/// <param name="Inputs">What was read.</param>
/// <param name="Decision">What was decided.</param>
public sealed record ScalingRecord(ScalingInputs Inputs, ScalingDecision Decision);
