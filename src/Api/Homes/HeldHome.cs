namespace InterCluster.Api.Homes;

/// <summary>A home that this gateway has.</summary>
/// <param name="epoch">Under which it was taken.</param>
/// <param name="opensAt">The timestamp at which its replicas' slots may be given out.</param>
internal sealed class HeldHome(long epoch, long opensAt)
{
    public long Epoch => epoch;

    public long OpensAt => opensAt;

    /// <summary>True once the fleet and the scaler have been told.</summary>
    public bool IsOpen { get; set; }

    /// <summary>True while calls of the gateway before it hold slots.</summary>
    public bool HoldsBack { get; set; }
}
