using System.Buffers.Binary;
using System.IO.Compression;

namespace Examples.Picture;

/// <summary>Writes 8-bit RGB PNG files, every line with the filter "up".</summary>
internal static class PngWriter
{
    private const byte Up = 2;

    public static byte[] Write(Picture picture)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        Chunk(file, "IHDR"u8, Header(picture));
        Chunk(file, "IDAT"u8, Pixels(picture));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Header(Picture picture)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), picture.Height);
        header[8] = 8; // bits a sample
        header[9] = 2; // RGB
        return header;
    }

    private static byte[] Pixels(Picture picture)
    {
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal))
        {
            int stride = picture.Width * 3;
            byte[] line = new byte[stride];
            for (int y = 0; y < picture.Height; y++)
            {
                for (int x = 0; x < stride; x++)
                {
                    int at = (y * stride) + x;
                    line[x] = (byte)(picture.Rgb[at] - (y > 0 ? picture.Rgb[at - stride] : 0));
                }

                deflate.WriteByte(Up);
                deflate.Write(line);
            }
        }

        return packed.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(type, data));
        file.Write(number);
    }
}
