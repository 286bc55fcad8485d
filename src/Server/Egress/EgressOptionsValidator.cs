using System.Net;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Egress;

/// <summary>Names every entry that cannot be read.</summary>
internal sealed class EgressOptionsValidator : IValidateOptions<EgressOptions>
{
    public ValidateOptionsResult Validate(string? name, EgressOptions options)
    {
        List<string> wrong =
        [
            .. (options.AllowedHosts ?? []).Where(host => !IsHost(host))
                .Select(host => $"{EgressOptions.Section}:AllowedHosts has \"{host}\"; it must be a host's name, *.SUFFIX or an address."),
            .. (options.AllowedNetworks ?? []).Where(network => !IPNetwork.TryParse(network, out _))
                .Select(network => $"{EgressOptions.Section}:AllowedNetworks has \"{network}\"; it must be a network such as 10.20.0.0/16."),
            .. (options.AllowedPorts ?? []).Where(port => port is < 1 or > 65535)
                .Select(port => $"{EgressOptions.Section}:AllowedPorts has {port}; it must be from 1 to 65535."),
        ];
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    // Not a lone star: that would open everything.
    private static bool IsHost(string host) =>
        Uri.CheckHostName(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host) != UriHostNameType.Unknown && host != "*";
}
