using System.Buffers;
using System.Text;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Codecs;

/// <summary>
/// Headers as a blob: a version byte (1), then for each field its name and its value, each as a length (7 bits per byte, low ones first, as in
/// LEB128) and UTF-8. Order and repetition are kept. No headers: an empty blob.
/// </summary>
internal static class HeaderCodec
{
    private const byte Version = 1;

    public static byte[] Encode(IReadOnlyList<StoredHeader> headers)
    {
        if (headers.Count == 0)
        {
            return [];
        }

        var buffer = new ArrayBufferWriter<byte>(64 * headers.Count);
        buffer.Write([Version]);
        for (int i = 0; i < headers.Count; i++)
        {
            WriteText(buffer, headers[i].Name);
            WriteText(buffer, headers[i].Value);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static IReadOnlyList<StoredHeader> Decode(ReadOnlySpan<byte> blob)
    {
        if (blob.IsEmpty)
        {
            return [];
        }

        if (blob[0] != Version)
        {
            throw new InvalidDataException($"Stored headers of version {blob[0]}; this server knows {Version}.");
        }

        var headers = new List<StoredHeader>();
        for (ReadOnlySpan<byte> rest = blob[1..]; !rest.IsEmpty;)
        {
            string name = ReadText(ref rest);
            headers.Add(new StoredHeader(name, ReadText(ref rest)));
        }

        return headers;
    }

    private static void WriteText(ArrayBufferWriter<byte> buffer, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        for (uint left = (uint)length; ; left >>= 7)
        {
            buffer.Write([(byte)(left < 0x80 ? left : (left & 0x7F) | 0x80)]);
            if (left < 0x80)
            {
                break;
            }
        }

        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(length)));
    }

    private static string ReadText(ref ReadOnlySpan<byte> rest)
    {
        uint length = 0;
        int shift = 0;
        byte part;
        do
        {
            part = rest[0];
            rest = rest[1..];
            length |= (uint)(part & 0x7F) << shift;
            shift += 7;
        }
        while (part >= 0x80);

        string text = Encoding.UTF8.GetString(rest[..(int)length]);
        rest = rest[(int)length..];
        return text;
    }
}
