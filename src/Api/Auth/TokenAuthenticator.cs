using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace InterCluster.Api.Auth;

/// <summary>
/// Verifies tokens in the order of what a check costs: shape, key, times, and the signature last. Our key record, found by the token's project and
/// <c>kid</c>, says which algorithm counts; the token has no say in it.
/// </summary>
internal sealed partial class TokenAuthenticator(
    KeyRing keys, ServerIdentity server, RememberedTokens remembered, AuthMetrics metrics, TimeProvider time, ILogger<TokenAuthenticator> logger)
    : ICallerAuthenticator
{
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = TokenRules.MaxLength };

    public bool TryRemembered(string authorization, [NotNullWhen(true)] out Caller? caller) =>
        remembered.TryGet(authorization, out caller) || IsAdmin(authorization, out caller);

    public ValueTask<Caller?> VerifyAsync(string authorization, CancellationToken ct)
    {
        if (TryRemembered(authorization, out Caller? caller))
        {
            return new(caller);
        }

        string? refusal = Check(authorization, out Candidate candidate);
        return refusal is null ? new(Task.Run(() => VerifySignatureAsync(candidate), ct)) : new(Refused(refusal));
    }

    private bool IsAdmin(string authorization, [NotNullWhen(true)] out Caller? caller)
    {
        bool matches = server.Admin is { } admin
            && BearerHeader.TryGetToken(authorization, out ReadOnlySpan<char> token)
            && AdminKey.LooksLike(token)
            && admin.Matches(token);
        caller = matches ? AdminKey.Caller : null;
        return matches;
    }

    /// <summary>Everything but the signature; null when all is well. The reason is for the debug log, never for the caller.</summary>
    private string? Check(string authorization, out Candidate candidate)
    {
        candidate = default;
        if (!BearerHeader.TryGetToken(authorization, out ReadOnlySpan<char> token) || AdminKey.LooksLike(token))
        {
            return "scheme_or_admin_key";
        }

        if (!TokenParser.TryParse(token, out TokenHeader? header, out TokenClaims? claims)
            || header is not { Alg: TokenRules.Algorithm, Typ: TokenRules.Type, Kid.Length: > 0 and <= TokenRules.MaxKeyId }
            || claims is not { Iss: TokenRules.Issuer, Aud: TokenRules.Audience }
            || !ScopeNames.TryParseClaim(claims.Scope, out Scopes scopes))
        {
            return "shape";
        }

        if (FindKey(header.Kid, claims) is not { Live: true } key || CallerOf(key, claims, scopes) is not { } caller)
        {
            return "key";
        }

        if (!IsTimely(key, claims))
        {
            return "time";
        }

        candidate = new Candidate(authorization, token.ToString(), key, caller, DateTimeOffset.FromUnixTimeSeconds(claims.Exp) + TokenRules.ClockSkew);
        return null;
    }

    private VerificationKey? FindKey(string keyId, TokenClaims claims)
    {
        if (keys.TryGet(claims.Project, keyId, out VerificationKey? key))
        {
            return key;
        }

        return server.Key is { } own && own.KeyId == keyId ? own.Verification : null;
    }

    private Caller? CallerOf(VerificationKey key, TokenClaims claims, Scopes scopes)
    {
        string? name = key == server.Key?.Verification ? AppName(claims)
            : claims.Sub == TokenRules.KeySubjectPrefix + key.Key.Id ? key.Key.Name
            : null;
        return name is null ? null : new Caller { Project = claims.Project, KeyId = key.Key.Id, Name = name, Scopes = scopes & key.Key.Scopes };
    }

    private static string? AppName(TokenClaims claims) =>
        Names.IsProject(claims.Project)
        && claims.Sub.StartsWith(TokenRules.AppSubjectPrefix, StringComparison.Ordinal)
        && Names.IsApp(claims.Sub.AsSpan(TokenRules.AppSubjectPrefix.Length)) ? claims.Sub : null;

    private bool IsTimely(VerificationKey key, TokenClaims claims)
    {
        double now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        double skew = TokenRules.ClockSkew.TotalSeconds;
        TimeSpan limit = key == server.Key?.Verification ? TokenRules.MaxAppLifetime : TokenRules.MaxKeyLifetime;
        return claims is { Iat: >= 0, Exp: <= MaxUnixSeconds }
            && claims.Iat < claims.Exp
            && claims.Exp - claims.Iat <= limit.TotalSeconds
            && claims.Exp <= key.Key.ExpiresAt.ToUnixTimeSeconds()
            && now < claims.Exp + skew
            && claims.Iat <= now + skew
            && (claims.Nbf ?? claims.Iat) <= now + skew;
    }

    private async Task<Caller?> VerifySignatureAsync(Candidate candidate)
    {
        if (candidate.Key.Parameters is not { } parameters)
        {
            LogUnusableKey(candidate.Key.Key.Id, candidate.Key.Key.Project);
            return Refused("unusable_key");
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(candidate.Token, parameters);
        if (!result.IsValid || !candidate.Key.Live)
        {
            return Refused("signature");
        }

        remembered.Add(candidate.Authorization, candidate.Caller, candidate.Key, candidate.Until);
        metrics.Verified();
        return candidate.Caller;
    }

    private Caller? Refused(string reason)
    {
        metrics.Refused(reason);
        LogRefused(reason);
        return null;
    }

    // The last second of year 9998: leaves room to add the skew.
    private const long MaxUnixSeconds = 253_370_764_799;

    /// <summary>A token that has passed all but the last check.</summary>
    private readonly record struct Candidate(string Authorization, string Token, VerificationKey Key, Caller Caller, DateTimeOffset Until);
}
