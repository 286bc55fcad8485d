namespace InterCluster.Api.Auth;

/// <summary>Reads <c>Bearer token</c> (RFC 6750, 2.1): the scheme in any case, one space, the token.</summary>
internal static class BearerHeader
{
    private const string Scheme = "Bearer ";

    public static bool TryGetToken(ReadOnlySpan<char> authorization, out ReadOnlySpan<char> token)
    {
        if (authorization.Length > Scheme.Length && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            token = authorization[Scheme.Length..];
            return true;
        }

        token = default;
        return false;
    }
}
