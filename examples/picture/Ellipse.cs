namespace Examples.Picture;

/// <summary>An ellipse, as wide and high as <see cref="RadiusX"/> and <see cref="RadiusY"/> say.</summary>
internal readonly record struct Ellipse(int X, int Y, int RadiusX, int RadiusY)
{
    private const int Smallest = 2;

    public static Ellipse Random(Random random, int width, int height) => new(
        random.Next(width), random.Next(height), random.Next(Smallest, Math.Max(Smallest + 1, width / 4)), random.Next(Smallest, Math.Max(Smallest + 1, height / 4)));

    /// <summary>The same with one of its parts a little changed.</summary>
    public Ellipse Mutate(Random random, int width, int height)
    {
        int step = random.Next(-16, 17);
        return random.Next(4) switch
        {
            0 => this with { X = Math.Clamp(X + step, 0, width - 1) },
            1 => this with { Y = Math.Clamp(Y + step, 0, height - 1) },
            2 => this with { RadiusX = Math.Clamp(RadiusX + step, Smallest, width) },
            _ => this with { RadiusY = Math.Clamp(RadiusY + step, Smallest, height) },
        };
    }

    /// <summary>The pixels of a line that lie inside: from <c>Left</c> to before <c>Right</c>.</summary>
    public (int Left, int Right) Span(int y, int width)
    {
        double part = (double)(y - Y) / RadiusY;
        int half = (int)(RadiusX * Math.Sqrt(Math.Max(0, 1 - (part * part))));
        return (Math.Max(0, X - half), Math.Min(width, X + half + 1));
    }
}
