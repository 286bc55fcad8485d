namespace Examples.Picture;

/// <summary>The Sobel operator: bright where the brightness of the picture changes.</summary>
internal static class Edges
{
    public static Picture Find(Picture picture)
    {
        var edges = new Picture(picture.Width, picture.Height);
        for (int y = 1; y < picture.Height - 1; y++)
        {
            for (int x = 1; x < picture.Width - 1; x++)
            {
                edges.Rgb.AsSpan(((y * picture.Width) + x) * 3, 3).Fill(Strength(picture, x, y));
            }
        }

        return edges;
    }

    private static byte Strength(Picture p, int x, int y)
    {
        int across = p.Luma(x + 1, y - 1) + (2 * p.Luma(x + 1, y)) + p.Luma(x + 1, y + 1)
            - p.Luma(x - 1, y - 1) - (2 * p.Luma(x - 1, y)) - p.Luma(x - 1, y + 1);
        int down = p.Luma(x - 1, y + 1) + (2 * p.Luma(x, y + 1)) + p.Luma(x + 1, y + 1)
            - p.Luma(x - 1, y - 1) - (2 * p.Luma(x, y - 1)) - p.Luma(x + 1, y - 1);
        return (byte)Math.Min(255, Math.Sqrt((across * across) + (down * down)));
    }
}
