using System.Buffers.Binary;
using System.IO.Compression;

namespace Examples.Picture;

/// <summary>
/// Reads PNG files of 8 bits a sample, grey or RGB, with or without alpha (which is dropped), not interlaced: what cameras and programs
/// mostly write. Anything else is an <see cref="InvalidDataException"/> that says what it was.
/// </summary>
internal static class PngReader
{
    private const int MostPixels = 4_000_000;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    public static Picture Read(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature))
        {
            throw new InvalidDataException("This is not a PNG file.");
        }

        PngHeader? header = null;
        using var pixels = new MemoryStream();
        for (int at = Signature.Length; at + 12 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            ReadOnlySpan<byte> type = file.Slice(at + 4, 4);
            if (length > (uint)(file.Length - at - 12))
            {
                throw new InvalidDataException("The PNG file ends in the middle.");
            }

            ReadOnlySpan<byte> data = file.Slice(at + 8, (int)length);
            if (type.SequenceEqual("IHDR"u8))
            {
                header = PngHeader.Read(data, MostPixels);
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                pixels.Write(data);
            }

            at += (int)length + 12;
        }

        pixels.Position = 0;
        return Unpack(header ?? throw new InvalidDataException("The PNG file has no header."), pixels);
    }

    private static Picture Unpack(PngHeader header, Stream compressed)
    {
        var picture = new Picture(header.Width, header.Height);
        int stride = header.Width * header.Channels;
        byte[] line = new byte[stride], above = new byte[stride];
        using var inflated = new ZLibStream(compressed, CompressionMode.Decompress);
        try
        {
            for (int y = 0; y < header.Height; y++)
            {
                int filter = inflated.ReadByte();
                inflated.ReadExactly(line);
                PngFilter.Undo(filter, line, above, header.Channels);
                CopyRow(line, header.Channels, picture.Rgb.AsSpan(y * header.Width * 3));
                (line, above) = (above, line);
            }
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException("The PNG file has fewer pixels than its header says.");
        }

        return picture;
    }

    /// <summary>One channel or two (the second is alpha) are grey; three or four are RGB.</summary>
    private static void CopyRow(ReadOnlySpan<byte> line, int channels, Span<byte> rgb)
    {
        bool grey = channels < 3;
        for (int x = 0; x * channels < line.Length; x++)
        {
            ReadOnlySpan<byte> pixel = line.Slice(x * channels, channels);
            rgb[x * 3] = pixel[0];
            rgb[(x * 3) + 1] = pixel[grey ? 0 : 1];
            rgb[(x * 3) + 2] = pixel[grey ? 0 : 2];
        }
    }
}
