using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace InterCluster.Api.Homes;

/// <summary>How other gateways reach this one when no setting says so: the address that it listens on, with one of this machine's in place of "all of them".</summary>
internal static class OwnAddress
{
    public static string From(IEnumerable<string> listening)
    {
        var first = new Uri(listening.First());
        bool isAny = IPAddress.TryParse(first.Host.Trim('[', ']'), out IPAddress? ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        return isAny ? $"{first.Scheme}://{OfThisMachine()}:{first.Port}" : first.GetLeftPart(UriPartial.Authority);
    }

    private static IPAddress OfThisMachine() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(n => n.OperationalStatus == OperationalStatus.Up && n.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(n => n.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
}
