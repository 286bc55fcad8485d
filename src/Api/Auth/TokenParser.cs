using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace InterCluster.Api.Auth;

/// <summary>Takes a compact JWS apart, strictly and within bounds, before any key is looked up or any signature is computed.</summary>
internal static class TokenParser
{
    // An ES256 signature is 64 bytes, which is 86 characters.
    private const int SignatureLength = 86;

    private static readonly SearchValues<char> Base64UrlChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>False for anything but three canonical parts with exactly the members of our tokens.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> token, [NotNullWhen(true)] out TokenHeader? header, [NotNullWhen(true)] out TokenClaims? claims)
    {
        header = null;
        claims = null;
        Span<Range> parts = stackalloc Range[4];
        return token.Length <= TokenRules.MaxLength
            && token.Split(parts, '.') == 3
            && token[parts[2]].Length == SignatureLength
            && TryDecode(token[parts[2]], out _)
            && TryRead(token[parts[0]], out header)
            && TryRead(token[parts[1]], out claims);
    }

    private static bool TryRead<T>(ReadOnlySpan<char> part, [NotNullWhen(true)] out T? value)
        where T : class
    {
        value = null;
        if (!TryDecode(part, out byte[]? json))
        {
            return false;
        }

        try
        {
            value = JsonSerializer.Deserialize<T>(json, TokenJson.Options);
            return value is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>One text for one value: no padding, no white space, no stray bits at the end (RFC 7515, appendix C; RFC 4648, 3.5).</summary>
    private static bool TryDecode(ReadOnlySpan<char> part, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (part.IsEmpty || part.Length % 4 == 1 || part.ContainsAnyExcept(Base64UrlChars))
        {
            return false;
        }

        var decoded = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        if (Base64Url.DecodeFromChars(part, decoded, out _, out int written) != OperationStatus.Done
            || !part.SequenceEqual(Base64Url.EncodeToString(decoded.AsSpan(0, written))))
        {
            return false;
        }

        bytes = written == decoded.Length ? decoded : decoded[..written];
        return true;
    }
}
