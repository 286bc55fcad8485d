using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Hosting;

/// <summary>Where the control plane listens.</summary>
internal sealed class ControlListenerOptions
{
    public const string Section = "InterCluster:Control";

    /// <summary><c>http://ADDRESS:PORT</c> with an IP address, localhost or *. Default loopback, port 8081.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:8081";
}

/// <summary>The control plane's own listener.</summary>
internal static class ControlListener
{
    public static IServiceCollection AddControlListener(this IServiceCollection services)
    {
        services.AddOptions<ControlListenerOptions>().BindConfiguration(ControlListenerOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ControlListenerOptions>, Validator>();
        // Not through IOptions: the framework makes the server before all settings are checked, and a mistake here would be named alone.
        services.AddOptions<KestrelServerOptions>().Configure<IConfiguration>((kestrel, settings) =>
            Configure(kestrel, settings.GetSection(ControlListenerOptions.Section)[nameof(ControlListenerOptions.Listen)] ?? new ControlListenerOptions().Listen));
        return services;
    }

    private static void Configure(KestrelServerOptions kestrel, string listen)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        if (!TryRead(listen, out Uri? address))
        {
            return;
        }

        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
        {
            kestrel.Listen(ip, address.Port);
        }
        else
        {
            kestrel.ListenLocalhost(address.Port);
        }
    }

    private static bool TryRead(string value, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(value.Replace("://*", "://[::]", StringComparison.Ordinal), UriKind.Absolute, out address)
        && address.Scheme == Uri.UriSchemeHttp && address.AbsolutePath == "/"
        && (address.Host == "localhost" || IPAddress.TryParse(address.Host.Trim('[', ']'), out _));

    private sealed class Validator : IValidateOptions<ControlListenerOptions>
    {
        public ValidateOptionsResult Validate(string? name, ControlListenerOptions options) => TryRead(options.Listen, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{ControlListenerOptions.Section}:Listen is \"{options.Listen}\"; it must be http://ADDRESS:PORT with an IP address, localhost or *.");
    }
}
