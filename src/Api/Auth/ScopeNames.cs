using InterCluster.Core.Identity;

namespace InterCluster.Api.Auth;

/// <summary>How scopes are spelled in tokens and on the wire.</summary>
internal static class ScopeNames
{
    public const Scopes Default = Scopes.Invoke | Scopes.Read | Scopes.Runs;

    private static readonly (string Name, Scopes Scope)[] Known =
        [("invoke", Scopes.Invoke), ("read", Scopes.Read), ("runs", Scopes.Runs), ("admin", Scopes.Admin)];

    public static readonly string All = string.Join(", ", Known.Select(k => k.Name));

    public static bool TryParse(ReadOnlySpan<char> name, out Scopes scope)
    {
        foreach ((string known, Scopes value) in Known)
        {
            if (name.SequenceEqual(known))
            {
                scope = value;
                return true;
            }
        }

        scope = Scopes.None;
        return false;
    }

    /// <summary>Reads a <c>scope</c> claim (RFC 6749, 3.3): known names with one space between.</summary>
    public static bool TryParseClaim(ReadOnlySpan<char> claim, out Scopes scopes)
    {
        scopes = Scopes.None;
        foreach (Range part in claim.Split(' '))
        {
            if (!TryParse(claim[part], out Scopes scope))
            {
                return false;
            }

            scopes |= scope;
        }

        return true;
    }

    public static IReadOnlyList<string> List(Scopes scopes) =>
        [.. Known.Where(k => (scopes & k.Scope) == k.Scope).Select(k => k.Name)];

    public static string ToClaim(Scopes scopes) => string.Join(' ', List(scopes));
}
