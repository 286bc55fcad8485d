namespace InterCluster.Core.Gateways;

/// <summary>A gateway whose lease has not been ended.</summary>
/// <param name="Id">One life of one process: a gateway that lost its lease comes back under another.</param>
/// <param name="Address">Where the other gateways reach its data plane: scheme, host and port.</param>
/// <param name="IsLeaving">True when it takes no homes any more.</param>
public sealed record GatewayMember(Guid Id, string Address, bool IsLeaving);
