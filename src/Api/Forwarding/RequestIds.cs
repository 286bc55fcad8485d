using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Forwarding;

/// <summary>The id that a caller sends along: kept as the parent's id when it is harmless (RELIABILITY H05), never used as our own.</summary>
internal static class RequestIds
{
    private static readonly SearchValues<char> Chars = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>True for one value of 1 to 64 characters of <c>[A-Za-z0-9._-]</c>.</summary>
    public static bool IsAcceptable(StringValues value) =>
        value is [{ Length: > 0 and <= 64 } text] && !text.AsSpan().ContainsAnyExcept(Chars);
}
