namespace InterCluster.Api.Deploy;

/// <summary><c>[intercluster.replicas]</c>: replicas that run elsewhere.</summary>
internal static class ReplicasTable
{
    private const int Max = 1000;
    private const string Allowed = "a list of up to 1000 different addresses such as \"http://10.0.0.7:8000\", without path, query or user";

    public static IReadOnlyList<string> Read(AppFileSection section)
    {
        if (!section.TryTake("addresses", out object? value, AppFileKeys.OursOnly))
        {
            return [];
        }

        if (value is List<object?> { Count: > 0 and <= Max } list && list.ConvertAll(a => a is string text ? Normalize(text) : null) is var addresses
            && !addresses.Contains(null) && addresses.Distinct(StringComparer.Ordinal).Count() == addresses.Count)
        {
            return addresses!;
        }

        section.Report.Wrong(section.PathOf("addresses"), value, Allowed);
        return [];
    }

    private static string? Normalize(string text) =>
        text.All(char.IsAscii)
        && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" }
        && uri.Host.Length > 0 && uri.Port > 0 && !text.Contains('\\', StringComparison.Ordinal)
            ? $"{uri.Scheme}://{uri.Authority}"
            : null;
}
