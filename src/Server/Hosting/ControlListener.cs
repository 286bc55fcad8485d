using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace InterCluster.Server.Hosting;

/// <summary>Where the control plane listens: <c>InterCluster:Control:Listen</c>, loopback port 8081 by default.</summary>
internal static class ControlListener
{
    public const string Key = "InterCluster:Control:Listen";
    private const string Default = "http://127.0.0.1:8081";

    public static void Configure(KestrelServerOptions kestrel, IConfiguration settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        Uri address = Address(settings);
        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
        {
            kestrel.Listen(ip, address.Port);
        }
        else
        {
            kestrel.ListenLocalhost(address.Port);
        }
    }

    private static Uri Address(IConfiguration settings)
    {
        string value = settings[Key] ?? Default;
        return Uri.TryCreate(value.Replace("://*", "://[::]", StringComparison.Ordinal), UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttp
            ? address
            : throw new InvalidDataException($"{Key} is \"{value}\"; it must be http://ADDRESS:PORT with an IP address, localhost or *.");
    }
}
