namespace Examples.Picture;

/// <summary>The five line filters of PNG (RFC 2083, 6): each byte is stored as its difference from a guess out of its neighbours.</summary>
internal static class PngFilter
{
    public static void Undo(int filter, Span<byte> line, ReadOnlySpan<byte> above, int pixel)
    {
        if (filter is < 0 or > 4)
        {
            throw new InvalidDataException($"The PNG file uses a filter that there is none of: {filter}.");
        }

        for (int i = 0; i < line.Length; i++)
        {
            byte left = i >= pixel ? line[i - pixel] : (byte)0;
            byte corner = i >= pixel ? above[i - pixel] : (byte)0;
            line[i] += filter switch
            {
                1 => left,
                2 => above[i],
                3 => (byte)((left + above[i]) / 2),
                4 => Paeth(left, above[i], corner),
                _ => 0,
            };
        }
    }

    private static byte Paeth(byte left, byte up, byte corner)
    {
        int guess = left + up - corner;
        int fromLeft = Math.Abs(guess - left), fromUp = Math.Abs(guess - up), fromCorner = Math.Abs(guess - corner);
        return fromLeft <= fromUp && fromLeft <= fromCorner ? left : fromUp <= fromCorner ? up : corner;
    }
}
