using InterCluster.Core.Naming;

namespace InterCluster.Core.Routing;

/// <summary>What a request's target turned out to be.</summary>
public enum TargetKind : byte
{
    /// <summary>A call to an app.</summary>
    App,

    /// <summary>Not under <c>/v4/</c>: some other endpoint of the server.</summary>
    Other,

    /// <summary>Not a target that this gateway accepts: 400.</summary>
    Malformed,
}

/// <summary>
/// A request's target, cut by hand from the raw bytes that came over the wire, before anything has decoded or folded them: what is
/// authorised, what is routed and what the replica gets are slices of the same text (RELIABILITY P01–P07).
/// </summary>
public readonly ref struct RequestTarget
{
    private const string Prefix = "/v4/";

    private RequestTarget(TargetKind kind) => Kind = kind;

    private RequestTarget(ReadOnlySpan<char> key, int projectLength, ReadOnlySpan<char> path, ReadOnlySpan<char> query, ReadOnlySpan<char> function)
    {
        Kind = TargetKind.App;
        Key = key;
        Project = key[..projectLength];
        App = key[(projectLength + 1)..];
        Path = path;
        Query = query;
        Function = function;
    }

    /// <summary>A target that cannot be read.</summary>
    public static RequestTarget Malformed => new(TargetKind.Malformed);

    /// <summary>What it is; the other members mean something only for <see cref="TargetKind.App"/>.</summary>
    public TargetKind Kind { get; }

    /// <summary><c>project/app</c>: the route table's key.</summary>
    public ReadOnlySpan<char> Key { get; }

    /// <summary>The project.</summary>
    public ReadOnlySpan<char> Project { get; }

    /// <summary>The app.</summary>
    public ReadOnlySpan<char> App { get; }

    /// <summary>The path that the app gets, from its slash on; empty for a bare <c>/v4/p/a</c>, which is <c>/</c>.</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>The query with its question mark; empty without one.</summary>
    public ReadOnlySpan<char> Query { get; }

    /// <summary>The first segment of <see cref="Path"/>, or <see cref="FunctionId.Root"/>.</summary>
    public ReadOnlySpan<char> Function { get; }

    /// <summary>Reads a target in origin form: <c>/v4/{project}/{app}/{path}</c>.</summary>
    public static RequestTarget ParsePath(ReadOnlySpan<char> target)
    {
        if (!target.StartsWith(Prefix, StringComparison.Ordinal))
        {
            // A target that only looks like ours once somebody folds it is an attempt to be routed twice.
            return new RequestTarget(PathRules.IsAccepted(PathOf(target, out _)) ? TargetKind.Other : TargetKind.Malformed);
        }

        ReadOnlySpan<char> path = PathOf(target, out ReadOnlySpan<char> query);
        ReadOnlySpan<char> rest = path[Prefix.Length..];
        int projectLength = rest.IndexOf('/');
        if (projectLength <= 0)
        {
            return new RequestTarget(PathRules.IsAccepted(path) ? TargetKind.Other : TargetKind.Malformed);
        }

        int appLength = rest[(projectLength + 1)..].IndexOf('/');
        int keyLength = appLength < 0 ? rest.Length : projectLength + 1 + appLength;
        ReadOnlySpan<char> key = rest[..keyLength];
        ReadOnlySpan<char> tail = rest[keyLength..];
        bool named = IsNameLike(key[..projectLength]) && IsNameLike(key[(projectLength + 1)..]);
        return named && TryFunction(tail, out ReadOnlySpan<char> function)
            ? new RequestTarget(key, projectLength, tail, query, function)
            : new RequestTarget(TargetKind.Malformed);
    }

    /// <summary>Reads a target whose app is named by the host: the whole path is the app's.</summary>
    /// <param name="target">The target in origin form.</param>
    /// <param name="key">From <see cref="HostTarget.TryParse"/>.</param>
    public static RequestTarget ParseForHost(ReadOnlySpan<char> target, ReadOnlySpan<char> key)
    {
        ReadOnlySpan<char> path = PathOf(target, out ReadOnlySpan<char> query);
        return path.StartsWith('/') && TryFunction(path, out ReadOnlySpan<char> function)
            ? new RequestTarget(key, key.IndexOf('/'), path, query, function)
            : new RequestTarget(TargetKind.Malformed);
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target, out ReadOnlySpan<char> query)
    {
        int mark = target.IndexOf('?');
        query = mark < 0 ? default : target[mark..];
        return mark < 0 ? target : target[..mark];
    }

    // Upper case is let through to a lookup that cannot succeed: the answer is then "not found", not "malformed" (P05).
    private static bool IsNameLike(ReadOnlySpan<char> name) => name.Length is > 0 and <= Names.MaxLabel && !name.ContainsAnyExcept(PathRules.NameChars);

    private static bool TryFunction(ReadOnlySpan<char> path, out ReadOnlySpan<char> function)
    {
        function = FunctionId.Root;
        if (path.Length <= 1)
        {
            return true;
        }

        ReadOnlySpan<char> rest = path[1..];
        int slash = rest.IndexOf('/');
        function = slash < 0 ? rest : rest[..slash];
        return Names.IsFunction(function) && (slash < 0 || PathRules.IsAccepted(rest[slash..]));
    }
}
