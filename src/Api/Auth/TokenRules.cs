namespace InterCluster.Api.Auth;

/// <summary>What every token of ours looks like. A verifier accepts exactly what the writer makes, and nothing else.</summary>
internal static class TokenRules
{
    public const string Issuer = "intercluster";
    public const string Audience = "intercluster";
    public const string Algorithm = "ES256";

    /// <summary>RFC 9068: keeps an access token apart from any other JWT signed with the same key (RFC 8725, 3.11).</summary>
    public const string Type = "at+jwt";

    public const int MaxLength = 8 * 1024;
    public const int MaxKeyId = 128;
    public const string AppSubjectPrefix = "app:";
    public const string KeySubjectPrefix = "key:";

    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxKeyLifetime = TimeSpan.FromDays(400);
    public static readonly TimeSpan MaxAppLifetime = TimeSpan.FromHours(24);
}
