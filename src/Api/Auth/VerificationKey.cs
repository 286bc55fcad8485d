using System.Security.Cryptography;
using InterCluster.Core.Identity;
using Microsoft.IdentityModel.Tokens;

namespace InterCluster.Api.Auth;

/// <summary>
/// The live side of a key: what its tokens are verified with, and whether it still counts. One object per key for the life of the process, so that
/// a revocation reaches every token that was remembered under it.
/// </summary>
internal sealed class VerificationKey
{
    private readonly Lazy<TokenValidationParameters?> _parameters;
    private volatile bool _revoked;

    public VerificationKey(ProjectKey key, long version)
    {
        Key = key;
        Version = version;
        _revoked = key.RevokedAt is not null;
        _parameters = new Lazy<TokenValidationParameters?>(() => Make(key));
    }

    public ProjectKey Key { get; }

    /// <summary>When it came into the ring, in the ring's own count.</summary>
    public long Version { get; }

    public bool Live => !_revoked;

    /// <summary>Null when what is stored is not a P-256 key.</summary>
    public TokenValidationParameters? Parameters => _parameters.Value;

    /// <summary>For good: a revoked key never comes back, whatever an older reading of the store says.</summary>
    public void Revoke() => _revoked = true;

    private static TokenValidationParameters? Make(ProjectKey key)
    {
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(key.PublicKey.Span, out int read);
            if (read != key.PublicKey.Length || ecdsa.ExportParameters(false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                ecdsa.Dispose();
                return null;
            }
        }
        catch (CryptographicException)
        {
            ecdsa.Dispose();
            return null;
        }

        return new TokenValidationParameters
        {
            IssuerSigningKey = new ECDsaSecurityKey(ecdsa) { KeyId = key.Id },
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidTypes = [TokenRules.Type],
            ValidIssuer = TokenRules.Issuer,
            ValidAudience = TokenRules.Audience,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            // The lifetime is ours to check: the library reads the machine's clock, not the injected one.
            ValidateLifetime = false,
        };
    }
}
