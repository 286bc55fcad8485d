namespace Examples.Picture;

/// <summary>An RGB picture in memory: three bytes a pixel, row by row.</summary>
internal sealed class Picture(int width, int height)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    public byte[] Rgb { get; } = new byte[width * height * 3];

    /// <summary>How bright a pixel looks, 0 to 255 (ITU-R BT.601).</summary>
    public int Luma(int x, int y)
    {
        int i = ((y * Width) + x) * 3;
        return ((299 * Rgb[i]) + (587 * Rgb[i + 1]) + (114 * Rgb[i + 2])) / 1000;
    }
}
