using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace InterCluster.Core.Egress;

/// <summary>
/// Which addresses belong to the public internet: a pure function of the number, whatever its spelling. An address that carries another one
/// inside (IPv4-mapped, NAT64, 6to4, ISATAP) is judged by the inner one; Teredo and the spellings that no router should carry are never public.
/// </summary>
public static class AddressRules
{
    // Not globally reachable by the IANA registries of special-purpose addresses (RFC 6890 and later), and multicast.
    private static readonly ImmutableArray<IPNetwork> NotPublic4 = Networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    // Within 2000::/3, outside of which nothing is public: protocol assignments (Teredo, ORCHID among them), documentation, discard.
    private static readonly ImmutableArray<IPNetwork> NotPublic6 = Networks("2001::/23", "2001:db8::/32", "3fff::/20");

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    // What clouds answer credentials from. Some are in public ranges, and no allow-list opens any of them.
    private static readonly ImmutableArray<IPAddress> Metadata =
    [
        IPAddress.Parse("169.254.169.254"), IPAddress.Parse("169.254.170.2"), IPAddress.Parse("169.254.170.23"), IPAddress.Parse("100.100.100.200"),
        IPAddress.Parse("192.0.0.192"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd00:ec2::23"),
        IPAddress.Parse("fd20:ce::254"),
    ];

    /// <summary>True for an address of the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (IsMetadata(address))
        {
            return false;
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !NotPublic4.Any(network => network.Contains(address));
        }

        return Carried(address) is { } inner ? IsPublic(inner) && CarrierIsSound(address) : IsPublic6(address);
    }

    /// <summary>True for an address at which a cloud gives out credentials of the machine, in any spelling. No setting opens it.</summary>
    public static bool IsMetadata(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPAddress plain = address.AddressFamily == AddressFamily.InterNetworkV6 ? Carried(address) ?? new IPAddress(address.GetAddressBytes()) : address;
        return Metadata.Contains(plain);
    }

    /// <summary>The IPv4 address inside of an IPv6 one; null when there is none.</summary>
    public static IPAddress? Carried(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = address.GetAddressBytes();
        return address.IsIPv4MappedToIPv6 || Nat64.Contains(address) ? new IPAddress(bytes[12..])
            : SixToFour.Contains(address) ? new IPAddress(bytes[2..6])
            : IsIsatap(bytes) ? new IPAddress(bytes[12..])
            : null;
    }

    private static bool IsPublic6(IPAddress address) =>
        address.ScopeId == 0 && Global6.Contains(address) && !NotPublic6.Any(network => network.Contains(address));

    // An ISATAP address is an ordinary one around the carried address; the others are spellings of it.
    private static bool CarrierIsSound(IPAddress address) =>
        address.ScopeId == 0 && (!IsIsatap(address.GetAddressBytes()) || address.IsIPv4MappedToIPv6 || Nat64.Contains(address) || SixToFour.Contains(address) || IsPublic6(address));

    // RFC 5214: the interface identifier is ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d.
    private static bool IsIsatap(ReadOnlySpan<byte> bytes) => bytes[8] is 0 or 2 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;

    private static ImmutableArray<IPNetwork> Networks(params string[] networks) => [.. networks.Select(IPNetwork.Parse)];
}
