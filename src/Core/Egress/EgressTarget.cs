using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace InterCluster.Core.Egress;

/// <summary>
/// A URL that a caller gave us to call, read strictly: visible ASCII only, no user, no fragment, no backslash, and a host that is spelled in the one
/// way that every reader of URLs understands alike. What two readers could take for two hosts is refused.
/// </summary>
public sealed class EgressTarget
{
    /// <summary>The longest URL that is accepted.</summary>
    public const int MaxLength = 2048;

    private const int MaxHost = 253;
    private static readonly SearchValues<char> Foreign = SearchValues.Create("\\\"<>^`{|}#");

    private EgressTarget(Uri uri, string host, IPAddress? address) => (Uri, Host, Address) = (uri, host, address);

    /// <summary>The address as it is called.</summary>
    public Uri Uri { get; }

    /// <summary>The host in lower case; an IPv6 address without its brackets.</summary>
    public string Host { get; }

    /// <summary>The address, when the host is one.</summary>
    public IPAddress? Address { get; }

    /// <summary>The port.</summary>
    public int Port => Uri.Port;

    /// <summary>False: plain http.</summary>
    public bool IsHttps => Uri.Scheme == Uri.UriSchemeHttps;

    /// <summary>Host and port: what is one receiver.</summary>
    public string Authority => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads a URL; false with the reason when it is not accepted.</summary>
    public static bool TryParse(string url, [NotNullWhen(true)] out EgressTarget? target, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(url);
        target = null;
        error = url.Length > MaxLength ? $"it may have {MaxLength} characters"
            : url.AsSpan().ContainsAnyExceptInRange('!', '~') || url.AsSpan().ContainsAny(Foreign) ? "it has a character that does not belong into a URL"
            : null;
        if (error is not null)
        {
            return false;
        }

        if (!TryCut(url, out ReadOnlySpan<char> host, out int port) || !TryHost(host, out string? name, out IPAddress? address))
        {
            error = "it must be https://HOST/… with a plain host: no user, no odd spelling of an address, no trailing dot";
            return false;
        }

        // The second opinion: the reader that the HTTP client uses.
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0 || uri.Port != port || !SameHost(uri, name, address))
        {
            error = "it can be read in more than one way";
            return false;
        }

        target = new EgressTarget(uri, name, address);
        return true;
    }

    private static bool TryCut(ReadOnlySpan<char> url, out ReadOnlySpan<char> host, out int port)
    {
        host = default;
        port = 0;
        bool https = url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!https && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        ReadOnlySpan<char> authority = url[(https ? 8 : 7)..];
        int end = authority.IndexOfAny('/', '?');
        authority = end < 0 ? authority : authority[..end];
        int bracket = authority.LastIndexOf(']');
        int colon = authority[(bracket + 1)..].IndexOf(':');
        host = colon < 0 ? authority : authority[..(bracket + 1 + colon)];
        ReadOnlySpan<char> digits = colon < 0 ? (https ? "443" : "80") : authority[(bracket + 2 + colon)..];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535 && digits[0] != '0';
    }

    private static bool TryHost(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? name, out IPAddress? address)
    {
        (name, address) = (null, null);
        if (text.Length > 2 && text[0] == '[' && text[^1] == ']')
        {
            text = text[1..^1];
            bool plain = !text.ContainsAny("%[]") && IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
            name = plain ? address!.ToString() : null;
            return plain;
        }

        name = text.ToString().ToLowerInvariant();
        if (!IsName(name))
        {
            return false;
        }

        // A last label of digits, or one that begins as a hexadecimal number, makes an address of it (WHATWG URL, "ends in a number").
        ReadOnlySpan<char> last = name.AsSpan(name.LastIndexOf('.') + 1);
        if (!last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x"))
        {
            return IPAddress.TryParse(name, out address) && address.ToString() == name;
        }

        return true;
    }

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > MaxHost)
        {
            return false;
        }

        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' || !label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameHost(Uri uri, string name, IPAddress? address) => address?.AddressFamily == AddressFamily.InterNetworkV6
        ? uri.HostNameType == UriHostNameType.IPv6 && IPAddress.TryParse(uri.DnsSafeHost, out IPAddress? read) && read.Equals(address)
        : uri.HostNameType == (address is null ? UriHostNameType.Dns : UriHostNameType.IPv4) && string.Equals(uri.Host, name, StringComparison.OrdinalIgnoreCase);
}
