using System.Collections.Immutable;
using System.Net;

namespace InterCluster.Core.Egress;

/// <summary>
/// Where the server may connect to on behalf of a project: https on port 443 of public addresses, and what the operator adds. Projects cannot
/// change it. Addresses that give out a machine's credentials stay closed whatever is added.
/// </summary>
public sealed class EgressPolicy
{
    private static readonly string[] NeverHosts = ["metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];
    private readonly ImmutableArray<IPNetwork> _networks;
    private readonly ImmutableArray<string> _hosts;
    private readonly ImmutableArray<int> _ports;

    /// <summary>Makes a policy.</summary>
    /// <param name="hosts">Hosts, or <c>*.suffix</c>, that may be called by http too, on any port and at private addresses.</param>
    /// <param name="networks">Networks whose addresses may be called though they are not public.</param>
    /// <param name="ports">Ports that may be called by https.</param>
    public EgressPolicy(IEnumerable<string> hosts, IEnumerable<IPNetwork> networks, IEnumerable<int> ports) =>
        (_hosts, _networks, _ports) = ([.. hosts.Select(host => host.ToLowerInvariant())], [.. networks], [.. ports]);

    /// <summary>The default: the public internet by https.</summary>
    public static EgressPolicy Strict { get; } = new([], [], [443]);

    /// <summary>Why a target must not be called, as far as its URL tells; null when it may. Its addresses are checked when they are known.</summary>
    public string? WhyNot(EgressTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (NeverHosts.Contains(target.Host, StringComparer.Ordinal) || (target.Address is { } literal && !Allows(target, literal)))
        {
            return "its address may not be called";
        }

        if (IsTrusted(target))
        {
            return null;
        }

        return !target.IsHttps ? "it must be https"
            : !_ports.Contains(target.Port) ? $"its port must be {string.Join(" or ", _ports)}"
            : target.Address is null && IsInternalName(target.Host) ? "its host is not a public name"
            : null;
    }

    /// <summary>True when a connection to the address may be made for the target.</summary>
    public bool Allows(EgressTarget target, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(address);
        if (AddressRules.IsMetadata(address))
        {
            return false;
        }

        IPAddress plain = AddressRules.Carried(address) ?? address;
        return IsTrusted(target) || _networks.Any(network => network.Contains(plain)) || AddressRules.IsPublic(address);
    }

    private bool IsTrusted(EgressTarget target) => _hosts.Any(host => host.StartsWith("*.", StringComparison.Ordinal)
        ? target.Host.EndsWith(host[1..], StringComparison.Ordinal)
        : host == target.Host);

    // What only a private resolver answers: one label, and the suffixes that are kept for it (RFC 6761, 6762, 9476; "internal" by ICANN).
    private static bool IsInternalName(string host) =>
        !host.Contains('.')
        || host.AsSpan(host.LastIndexOf('.') + 1) is "localhost" or "local" or "internal" or "intranet" or "lan" or "home" or "corp" or "test" or "invalid" or "onion" or "alt"
        || host.EndsWith(".home.arpa", StringComparison.Ordinal);
}
