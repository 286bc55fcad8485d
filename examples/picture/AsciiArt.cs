using System.Text;

namespace Examples.Picture;

/// <summary>A picture as text: one character for a block of pixels, heavier where it is brighter (terminals are mostly dark).</summary>
internal static class AsciiArt
{
    private const string Ramp = " .:-=+*#%@";

    // A character cell is about twice as high as wide.
    private const double CellAspect = 2.0;

    public static string Draw(Picture picture, int columns)
    {
        int rows = Math.Max(1, (int)(columns * picture.Height / (picture.Width * CellAspect)));
        double[,] light = Blocks(picture, columns, rows);
        (double darkest, double brightest) = (light.Cast<double>().Min(), light.Cast<double>().Max());
        double range = Math.Max(1, brightest - darkest);

        var text = new StringBuilder((columns + 1) * rows);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                text.Append(Ramp[(int)((light[row, column] - darkest) / range * (Ramp.Length - 1))]);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static double[,] Blocks(Picture picture, int columns, int rows)
    {
        double[,] light = new double[rows, columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                light[row, column] = Average(
                    picture, column * picture.Width / columns, row * picture.Height / rows, (column + 1) * picture.Width / columns, (row + 1) * picture.Height / rows);
            }
        }

        return light;
    }

    private static double Average(Picture picture, int left, int top, int right, int bottom)
    {
        // A picture smaller than the text has blocks of less than a pixel.
        (right, bottom) = (Math.Max(right, left + 1), Math.Max(bottom, top + 1));
        long sum = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                sum += picture.Luma(x, y);
            }
        }

        return (double)sum / ((right - left) * (bottom - top));
    }
}
