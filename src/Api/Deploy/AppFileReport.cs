using System.Globalization;
using System.Text.Json;

namespace InterCluster.Api.Deploy;

/// <summary>Collects what is wrong with a file, and what means nothing here.</summary>
internal sealed class AppFileReport
{
    private const int MaxShown = 80;
    private readonly List<string> _errors = [];
    private readonly List<string> _notApplicable = [];

    public IReadOnlyList<string> Errors => _errors;

    public IReadOnlyList<string> NotApplicable => _notApplicable;

    public void Ignored(string key) => _notApplicable.Add(key);

    public void Add(string error) => _errors.Add(error);

    /// <summary>Key, value and what is allowed.</summary>
    public void Wrong(string key, object? value, string allowed) => Add($"{key} = {Show(value)}: must be {allowed}.");

    /// <summary>A value as it is shown: escaped, and cut short.</summary>
    public static string Show(object? value)
    {
        string text = value switch
        {
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            null or string or bool or long => JsonSerializer.Serialize(value),
            Dictionary<string, object?> => "{…}",
            IEnumerable<object?> list => $"[{string.Join(", ", list.Take(5).Select(Show))}]",
            _ => JsonSerializer.Serialize(Convert.ToString(value, CultureInfo.InvariantCulture)),
        };
        return text.Length <= MaxShown ? text : text[..MaxShown] + "…";
    }
}
