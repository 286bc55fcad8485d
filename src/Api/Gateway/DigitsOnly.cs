using System.Text;

namespace InterCluster.Api.Gateway;

/// <summary>
/// How Content-Length is decoded: digits, and nothing else is a number (RFC 9110, 8.6). The server's own parser takes a sign, and a server in
/// front of us that does not would cut the request elsewhere (RELIABILITY S04). Anything else is decoded to a letter, which the server refuses
/// with 400; an exception from here would end the connection without an answer.
/// </summary>
internal sealed class DigitsOnly : Encoding
{
    public static readonly DigitsOnly Instance = new();
    private const int MaxDigits = 19;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        ASCII.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => Judge(bytes.AsSpan(index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars) => ASCII.GetChars(Judge(bytes), chars);

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    private static ReadOnlySpan<byte> Judge(ReadOnlySpan<byte> bytes) =>
        bytes.Length > MaxDigits || bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? "x"u8 : bytes;
}
