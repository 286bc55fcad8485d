using System.Globalization;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Deploy;

/// <summary>One section: each key is taken once, with its type and its range; what is left in the end is unknown.</summary>
internal sealed class AppFileSection(string name, IReadOnlyList<AppFilePart> parts, AppFileReport report)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public string Name => name;

    public AppFileReport Report => report;

    /// <summary>The key's full name, as the file spells it or as it should.</summary>
    public string PathOf(string key) => $"{HolderOf(key)?.Path ?? $"{AppFileTables.Ours}.{name}"}.{key}";

    public bool Covers(string path) => parts.Any(p => p.Path == path);

    /// <summary>False when the key is not there, or stands where it does not belong (which is reported).</summary>
    public bool TryTake(string key, out object? value, AppFileKeys keys = AppFileKeys.Shared)
    {
        _known.Add(key);
        value = null;
        if (parts.FirstOrDefault(p => p.Table.ContainsKey(key)) is not { } holder)
        {
            return false;
        }

        if (keys == AppFileKeys.OursOnly && !holder.IsOurs)
        {
            report.Add($"{holder.Path}.{key}: not a key of this table; write it in [{AppFileTables.Ours}.{name}].");
            return false;
        }

        value = holder.Table[key];
        return true;
    }

    public long Whole(string key, long fallback, long min, long max, AppFileKeys keys = AppFileKeys.Shared)
    {
        if (!TryTake(key, out object? value, keys))
        {
            return fallback;
        }

        if (value is long number && number >= min && number <= max)
        {
            return number;
        }

        report.Wrong(PathOf(key), value, $"a whole number from {min} to {max}");
        return fallback;
    }

    public double? Number(string key, double min, double max, AppFileKeys keys = AppFileKeys.Shared)
    {
        if (!TryTake(key, out object? value, keys))
        {
            return null;
        }

        double? number = value switch { long whole => whole, double d => d, _ => null };
        // Not a number compares false with everything, so it lands in the error as well.
        if (number >= min && number <= max)
        {
            return number;
        }

        report.Wrong(PathOf(key), value, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
        return null;
    }

    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max, AppFileKeys keys = AppFileKeys.Shared)
    {
        if (!TryTake(key, out object? value, keys))
        {
            return fallback;
        }

        if (DurationText.TryRead(value, out TimeSpan duration) && duration >= min && duration <= max)
        {
            return duration;
        }

        report.Wrong(PathOf(key), value, $"a duration from {DurationText.Show(min)} to {DurationText.Show(max)} (seconds, or a text such as \"30s\")");
        return fallback;
    }

    public bool Switch(string key)
    {
        if (!TryTake(key, out object? value) || value is bool)
        {
            return value is true;
        }

        report.Wrong(PathOf(key), value, "true or false");
        return false;
    }

    public string? Text(string key, Func<string, bool> allowed, string description, AppFileKeys keys = AppFileKeys.Shared)
    {
        if (!TryTake(key, out object? value, keys))
        {
            return null;
        }

        if (value is string text && allowed(text))
        {
            return text;
        }

        report.Wrong(PathOf(key), value, description);
        return null;
    }

    public void Required(string key, string description)
    {
        if (!parts.Any(p => p.Table.ContainsKey(key)))
        {
            report.Add($"{PathOf(key)}: missing; {description}.");
        }
    }

    /// <summary>Keys that are known and mean nothing here.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _known.Add(key);
            foreach (AppFilePart part in parts.Where(p => p.Table.ContainsKey(key)))
            {
                report.Ignored($"{part.Path}.{key}");
            }
        }
    }

    /// <summary>The whole section is known and means nothing here.</summary>
    public void IgnoreAll()
    {
        foreach (AppFilePart part in parts)
        {
            report.Ignored(part.Path);
            _known.UnionWith(part.Table.Keys);
        }
    }

    public void Finish()
    {
        foreach (AppFilePart part in parts)
        {
            foreach (string key in part.Table.Keys.Where(k => !_known.Contains(k)))
            {
                string? near = Spelling.Nearest(key, _known);
                report.Add($"{part.Path}.{key}: unknown key{(near is null ? "." : $"; did you mean {near}?")}");
            }
        }
    }

    private AppFilePart? HolderOf(string key) =>
        parts.FirstOrDefault(p => p.Table.ContainsKey(key)) ?? (parts.Count > 0 ? parts[0] : null);
}
