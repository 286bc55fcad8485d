using System.Buffers;

namespace InterCluster.Core.Naming;

/// <summary>
/// Which names are accepted. App: <c>^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$</c> (one DNS label, RFC 1123, lower case).
/// Project: the same and begins with <c>p-</c>. Function: one path segment of RFC 3986 unreserved characters, at most 128.
/// </summary>
public static class Names
{
    /// <summary>The longest app or project name, in characters: one DNS label.</summary>
    public const int MaxLabel = 63;

    /// <summary>The longest function name, in characters.</summary>
    public const int MaxFunction = 128;

    private static readonly SearchValues<char> LabelChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private static readonly SearchValues<char> FunctionChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");

    /// <summary>True for a valid app name.</summary>
    public static bool IsApp(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxLabel && name[0] != '-' && name[^1] != '-' && !name.ContainsAnyExcept(LabelChars);

    /// <summary>True for a valid project id.</summary>
    public static bool IsProject(ReadOnlySpan<char> name) => name.StartsWith("p-") && name.Length > 2 && IsApp(name);

    /// <summary>True for a valid function name: a segment, or <see cref="FunctionId.Root"/>.</summary>
    public static bool IsFunction(ReadOnlySpan<char> name) =>
        name is FunctionId.Root
        || (name.Length is > 0 and <= MaxFunction && name is not "." and not ".." && !name.ContainsAnyExcept(FunctionChars));

    /// <summary>True for a function that cannot be called from outside its app: its name begins with an underscore.</summary>
    public static bool IsPrivateFunction(ReadOnlySpan<char> name) => name.StartsWith("_");
}
