namespace InterCluster.Server.Egress;

/// <summary>Where webhooks may go beyond the public internet by https on port 443 (<c>InterCluster:Webhooks</c>). Only the operator can say so.</summary>
internal sealed class EgressOptions
{
    public const string Section = "InterCluster:Webhooks";

    /// <summary>
    /// Hosts, or <c>*.suffix</c>, that may be called by http too, on any port and at private addresses: receivers within the cluster. Default none.
    /// </summary>
    public string[]? AllowedHosts { get; set; }

    /// <summary>Networks, as <c>10.20.0.0/16</c>, whose addresses may be called though they are not public. Default none.</summary>
    public string[]? AllowedNetworks { get; set; }

    /// <summary>Ports that may be called by https. Default 443 alone.</summary>
    public int[]? AllowedPorts { get; set; }
}
