namespace Examples.Picture;

/// <summary>
/// Paints a picture out of half-transparent ellipses by hill climbing: each shape is the best of many random ones, then changed step by
/// step for as long as that brings the canvas nearer to the picture. Several seconds of work for a small picture.
/// </summary>
internal sealed class Painter
{
    private const int RandomTries = 200;
    private const int Climbs = 150;

    private readonly Picture _target;
    private readonly Random _random;
    private long _squares;

    public Painter(Picture target, Random random)
    {
        _target = target;
        _random = random;
        Canvas = new Picture(target.Width, target.Height);
        FillWithAverage();
        for (int i = 0; i < target.Rgb.Length; i++)
        {
            _squares += Square(target.Rgb[i] - Canvas.Rgb[i]);
        }
    }

    public Picture Canvas { get; }

    public int Shapes { get; private set; }

    /// <summary>How far the canvas is from the picture: root mean square over all samples, 0 to 255.</summary>
    public double Difference => Math.Sqrt((double)_squares / _target.Rgb.Length);

    /// <summary>Adds the best shape that is found, or none when none brings the canvas nearer.</summary>
    public void AddShape()
    {
        Stroke best = Try(Ellipse.Random(_random, _target.Width, _target.Height));
        for (int i = 1; i < RandomTries; i++)
        {
            best = Better(best, Try(Ellipse.Random(_random, _target.Width, _target.Height)));
        }

        for (int i = 0; i < Climbs; i++)
        {
            best = Better(best, Try(best.Shape.Mutate(_random, _target.Width, _target.Height)));
        }

        if (best.Gain > 0)
        {
            Draw(best);
        }
    }

    private static Stroke Better(Stroke a, Stroke b) => b.Gain > a.Gain ? b : a;

    private static long Square(int difference) => (long)difference * difference;

    /// <summary>The colour that suits the shape best, and by how much the squared difference would shrink.</summary>
    private Stroke Try(Ellipse shape)
    {
        (int r, int g, int b, int count) = (0, 0, 0, 0);
        ReadOnlySpan<byte> target = _target.Rgb, canvas = Canvas.Rgb;
        (int top, int bottom) = Rows(shape);
        for (int y = top; y < bottom; y++)
        {
            (int left, int right) = shape.Span(y, _target.Width);
            for (int i = ((y * _target.Width) + left) * 3; i < ((y * _target.Width) + right) * 3; i += 3)
            {
                // Half of the new colour and half of the old make the target: new = 2 × target − old.
                r += (2 * target[i]) - canvas[i];
                g += (2 * target[i + 1]) - canvas[i + 1];
                b += (2 * target[i + 2]) - canvas[i + 2];
                count++;
            }
        }

        var colour = new Colour(Channel(r, count), Channel(g, count), Channel(b, count));
        return new Stroke(shape, colour, Gain(shape, colour));
    }

    private long Gain(Ellipse shape, Colour colour)
    {
        long gain = 0;
        ReadOnlySpan<byte> target = _target.Rgb, canvas = Canvas.Rgb;
        (int top, int bottom) = Rows(shape);
        for (int y = top; y < bottom; y++)
        {
            (int left, int right) = shape.Span(y, _target.Width);
            for (int i = ((y * _target.Width) + left) * 3; i < ((y * _target.Width) + right) * 3; i += 3)
            {
                gain += Square(target[i] - canvas[i]) - Square(target[i] - ((canvas[i] + colour.R) / 2));
                gain += Square(target[i + 1] - canvas[i + 1]) - Square(target[i + 1] - ((canvas[i + 1] + colour.G) / 2));
                gain += Square(target[i + 2] - canvas[i + 2]) - Square(target[i + 2] - ((canvas[i + 2] + colour.B) / 2));
            }
        }

        return gain;
    }

    private void Draw(Stroke stroke)
    {
        (int top, int bottom) = Rows(stroke.Shape);
        for (int y = top; y < bottom; y++)
        {
            (int left, int right) = stroke.Shape.Span(y, _target.Width);
            for (int i = ((y * _target.Width) + left) * 3; i < ((y * _target.Width) + right) * 3; i += 3)
            {
                Canvas.Rgb[i] = (byte)((Canvas.Rgb[i] + stroke.Colour.R) / 2);
                Canvas.Rgb[i + 1] = (byte)((Canvas.Rgb[i + 1] + stroke.Colour.G) / 2);
                Canvas.Rgb[i + 2] = (byte)((Canvas.Rgb[i + 2] + stroke.Colour.B) / 2);
            }
        }

        _squares -= stroke.Gain;
        Shapes++;
    }

    private (int Top, int Bottom) Rows(Ellipse shape) =>
        (Math.Max(0, shape.Y - shape.RadiusY), Math.Min(_target.Height, shape.Y + shape.RadiusY + 1));

    private static byte Channel(int sum, int count) => (byte)Math.Clamp(sum / Math.Max(1, count), 0, 255);

    private void FillWithAverage()
    {
        for (int channel = 0; channel < 3; channel++)
        {
            long sum = 0;
            for (int i = channel; i < _target.Rgb.Length; i += 3)
            {
                sum += _target.Rgb[i];
            }

            for (int i = channel; i < Canvas.Rgb.Length; i += 3)
            {
                Canvas.Rgb[i] = (byte)(sum / (_target.Width * _target.Height));
            }
        }
    }

    private readonly record struct Colour(byte R, byte G, byte B);

    private readonly record struct Stroke(Ellipse Shape, Colour Colour, long Gain);
}
