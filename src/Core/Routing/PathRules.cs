using System.Buffers;
using System.Globalization;
using System.Text;

namespace InterCluster.Core.Routing;

/// <summary>
/// Which raw paths are passed on. Refused, because some server behind us would read them in another way than we do: control characters,
/// backslashes, fragments, matrix parameters, percent signs that encode nothing, a control character or invalid UTF-8; dot segments in any
/// spelling (RELIABILITY P01–P04). An encoded slash below the function is passed on unchanged: the replica sees what was sent.
/// </summary>
public static class PathRules
{
    internal static readonly SearchValues<char> NameChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    // RFC 3986 pchar and slash, less ';' and with '%' judged apart.
    private static readonly SearchValues<char> PlainChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,=:@/");

    private static readonly SearchValues<char> QueryChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?%[]{}|^`\"<>\\");

    // Characters that compatibility normalisation (NFKC) turns into a dot, a slash or a backslash.
    private static readonly SearchValues<char> LookAlikes = SearchValues.Create("\u2024\u2025\u2026\uFE52\uFF0E\uFF0F\uFF3C\uFE68");

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>True for a path (from a slash on) that may be passed on.</summary>
    public static bool IsAccepted(ReadOnlySpan<char> path)
    {
        bool plain = !path.ContainsAnyExcept(PlainChars);
        return (plain || HasOnlySoundEscapes(path)) && !HasDotSegment(path);
    }

    /// <summary>True for a query (with its question mark) that may be passed on: visible ASCII without a fragment.</summary>
    public static bool IsAcceptedQuery(ReadOnlySpan<char> query) => !query.ContainsAnyExcept(QueryChars);

    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        if (!path.Contains('.') && !path.Contains('%'))
        {
            return false;
        }

        foreach (Range range in path.Split('/'))
        {
            if (IsDots(path[range]))
            {
                return true;
            }
        }

        return false;
    }

    // Decodes as often as a chain of careless servers might.
    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        if (segment is "." or "..")
        {
            return true;
        }

        string text = segment.ToString();
        for (int pass = 0; pass < 4 && text.Contains('%'); pass++)
        {
            text = Uri.UnescapeDataString(text);
            if (text is "." or ".." || text.Split('/', '\\').Any(s => s is "." or ".."))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasOnlySoundEscapes(ReadOnlySpan<char> path)
    {
        Span<byte> octets = path.Length <= 512 ? stackalloc byte[path.Length] : new byte[path.Length];
        int count = 0;
        for (int i = 0; i < path.Length; i++)
        {
            if (PlainChars.Contains(path[i]))
            {
                octets[count++] = (byte)path[i];
                continue;
            }

            if (path[i] != '%' || !TryOctet(path[i..], out byte octet) || octet is < 0x20 or 0x7F)
            {
                return false;
            }

            octets[count++] = octet;
            i += 2;
        }

        return IsSoundText(octets[..count]);
    }

    private static bool TryOctet(ReadOnlySpan<char> escape, out byte octet)
    {
        octet = 0;
        return escape.Length >= 3 && byte.TryParse(escape[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octet);
    }

    private static bool IsSoundText(ReadOnlySpan<byte> octets)
    {
        if (!octets.ContainsAnyInRange((byte)0x80, (byte)0xFF))
        {
            return true;
        }

        try
        {
            return !StrictUtf8.GetString(octets).AsSpan().ContainsAny(LookAlikes);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
