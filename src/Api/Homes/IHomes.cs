using InterCluster.Core.Naming;

namespace InterCluster.Api.Homes;

/// <summary>What the control plane asks about homes.</summary>
internal interface IHomes
{
    /// <summary>The address of the gateway that is the app's home; null without one, and in a store of one process.</summary>
    string? AddressOf(AppId app);

    /// <summary>True when another gateway is the app's home.</summary>
    bool IsElsewhere(AppId app);
}
