using System.Buffers.Binary;

namespace Examples.Picture;

/// <summary>What the IHDR chunk says, as far as this reader goes.</summary>
internal readonly record struct PngHeader(int Width, int Height, int Channels)
{
    private const int Size = 13;

    public static PngHeader Read(ReadOnlySpan<byte> data, int mostPixels)
    {
        if (data.Length != Size)
        {
            throw new InvalidDataException("The PNG file's header is broken.");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width == 0 || height == 0 || (ulong)width * height > (ulong)mostPixels)
        {
            throw new InvalidDataException($"A picture may have up to {mostPixels} pixels; this one has {width} × {height}.");
        }

        (byte depth, byte colour, byte interlace) = (data[8], data[9], data[12]);
        int channels = colour switch { 0 => 1, 2 => 3, 4 => 2, 6 => 4, _ => 0 };
        return depth == 8 && interlace == 0 && channels > 0
            ? new PngHeader((int)width, (int)height, channels)
            : throw new InvalidDataException($"Only 8-bit grey or RGB without interlacing is read; this is {depth}-bit, colour type {colour}, interlace {interlace}.");
    }
}
