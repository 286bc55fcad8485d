using Microsoft.Extensions.Options;

namespace InterCluster.Api.Gateway;

/// <summary>What no single property can say of the gateway's settings.</summary>
internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var mistakes = new List<string>();
        foreach (string address in options.Addresses)
        {
            CheckAddress(address, options, mistakes);
        }

        foreach (string proxy in options.TrustedProxies)
        {
            if (!TrustedProxies.TryParse(proxy, out _))
            {
                mistakes.Add($"{GatewayOptions.Section}:TrustedProxies has \"{proxy}\"; an entry is an IP address or a network such as 10.1.0.0/16.");
            }
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static void CheckAddress(string address, GatewayOptions options, List<string> mistakes)
    {
        bool sound = Uri.TryCreate(address.Replace("://*", "://[::]", StringComparison.Ordinal), UriKind.Absolute, out Uri? uri)
            && uri.Scheme is "http" or "https" && uri.AbsolutePath == "/"
            && (uri.Host == "localhost" || System.Net.IPAddress.TryParse(uri.Host.Trim('[', ']'), out _));
        if (!sound)
        {
            mistakes.Add($"{GatewayOptions.Section}:Listen has \"{address}\"; an entry is http://ADDRESS:PORT or https://ADDRESS:PORT with an IP address, localhost or *.");
        }
        else if (uri!.Scheme == "https" && !(File.Exists(options.CertificatePath) && File.Exists(options.CertificateKeyPath)))
        {
            mistakes.Add($"{GatewayOptions.Section}:Listen has \"{address}\"; {GatewayOptions.Section}:CertificatePath and :CertificateKeyPath must name PEM files.");
        }
    }
}
