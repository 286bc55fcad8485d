using InterCluster.Core.Apps;

namespace InterCluster.Api.Deploy;

/// <summary>
/// <c>[intercluster.runtime.custom.environment]</c>: the app's own variables. Those by which a process could be made to load other code, or that are
/// ours to give, are refused (RELIABILITY I35).
/// </summary>
internal static class EnvironmentTable
{
    private const int MaxVariables = 200;
    private const int MaxName = 128;
    private const int MaxValue = 32 * 1024;

    public static IReadOnlyDictionary<string, string> Read(AppFileSection section)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!section.TryTake("environment", out object? value, AppFileKeys.OursOnly))
        {
            return variables;
        }

        if (value is not Dictionary<string, object?> { Count: <= MaxVariables } table)
        {
            section.Report.Wrong(section.PathOf("environment"), value, $"a table of up to {MaxVariables} variables");
            return variables;
        }

        foreach ((string name, object? text) in table)
        {
            if (IsAllowed(section, name, text))
            {
                variables.Add(name, (string)text!);
            }
        }

        return variables;
    }

    private static bool IsAllowed(AppFileSection section, string name, object? value)
    {
        string key = $"{section.PathOf("environment")}.{AppFileReport.Show(name).Trim('"')}";
        if (!IsName(name))
        {
            section.Report.Add($"{key}: a variable's name is up to {MaxName} letters, digits and underscores and does not begin with a digit.");
        }
        else if (!EnvironmentRules.IsAllowed(name))
        {
            section.Report.Add($"{key}: this variable cannot be set by an app.");
        }
        else if (value is not string { Length: <= MaxValue } text || text.Contains('\0', StringComparison.Ordinal))
        {
            // The value may be a secret: it is not shown.
            section.Report.Add($"{key}: must be a text of up to {MaxValue} characters without NUL.");
        }
        else
        {
            return true;
        }

        return false;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxName && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
