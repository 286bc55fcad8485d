using System.Text;

namespace InterCluster.Cli.Connection;

/// <summary>Paths of the API: every segment and value escaped.</summary>
internal static class ApiPath
{
    public static string Of(ConnectionSettings connection, params ReadOnlySpan<string> segments)
    {
        var path = new StringBuilder("/api/v1/projects/").Append(Uri.EscapeDataString(connection.Project));
        foreach (string segment in segments)
        {
            path.Append('/').Append(Uri.EscapeDataString(segment));
        }

        return path.ToString();
    }

    /// <summary>Adds the values that are there.</summary>
    public static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var text = new StringBuilder(path);
        foreach ((string name, string? value) in query)
        {
            if (value is not null)
            {
                text.Append(text.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return text.ToString();
    }
}
