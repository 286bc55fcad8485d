using System.Globalization;

namespace InterCluster.Core.Failures;

/// <summary>
/// What happens where, as <c>POINT=ACTION</c>, parts between semicolons: <c>RunClaimed=kill@3;AnnouncementPublished=throw</c>. The point <c>*</c> is all
/// of them. <c>@3</c>: only the third time that somebody comes by; <c>%0.01</c>: each time with this probability; neither: every time.
/// </summary>
public sealed class FailurePlan
{
    private static readonly FailurePoint[] Points = Enum.GetValues<FailurePoint>();

    private readonly Rule?[] _rules = new Rule?[Points.Length];
    private readonly int[] _hits = new int[Points.Length];
    private readonly Random _random;

    private FailurePlan(Random random) => _random = random;

    /// <summary>Reads a plan; false with every mistake in it.</summary>
    public static bool TryParse(string text, Random random, out FailurePlan plan, out IReadOnlyList<string> mistakes)
    {
        plan = new FailurePlan(random);
        var wrong = new List<string>();
        foreach (string part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!plan.TryAdd(part))
            {
                wrong.Add($"\"{part}\" must be POINT=kill, hang or throw, with @N (the N-th time) or %P (a probability above 0) if wanted; the points are *, {string.Join(", ", Points)}.");
            }
        }

        mistakes = wrong;
        return wrong.Count == 0;
    }

    /// <summary>Notes that somebody came by, and says what happens.</summary>
    public FailureAction Next(FailurePoint point)
    {
        if (_rules[(int)point] is not { } rule)
        {
            return FailureAction.None;
        }

        int hit = Interlocked.Increment(ref _hits[(int)point]);
        bool applies = rule.Time is { } time ? hit == time : rule.Probability >= 1 || Draw() < rule.Probability;
        return applies ? rule.Action : FailureAction.None;
    }

    private double Draw()
    {
        lock (_random)
        {
            return _random.NextDouble();
        }
    }

    private bool TryAdd(string part)
    {
        int equals = part.IndexOf('=');
        if (equals < 0 || !TryRule(part[(equals + 1)..], out Rule rule))
        {
            return false;
        }

        string name = part[..equals];
        if (name == "*")
        {
            Array.Fill(_rules, rule);
            return true;
        }

        int point = Array.FindIndex(Points, p => p.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));
        if (point >= 0)
        {
            _rules[point] = rule;
        }

        return point >= 0;
    }

    private static bool TryRule(string text, out Rule rule)
    {
        int mark = text.AsSpan().IndexOfAny('@', '%');
        string action = mark < 0 ? text : text[..mark];
        string number = mark < 0 ? "" : text[(mark + 1)..];
        int? time = null;
        double probability = 1;
        bool ok = action is "kill" or "hang" or "throw";
        if (mark >= 0 && text[mark] == '@')
        {
            ok &= int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int nth) && nth > 0;
            time = nth;
        }
        else if (mark >= 0)
        {
            ok &= double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out probability) && probability is > 0 and <= 1;
        }

        rule = new Rule(ok ? Enum.Parse<FailureAction>(action, ignoreCase: true) : FailureAction.None, time, probability);
        return ok;
    }

    private sealed record Rule(FailureAction Action, int? Time, double Probability);
}
