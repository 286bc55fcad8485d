using System.Security.Cryptography;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Auth;

/// <summary>The server's own key, which signs the tokens of apps of every project. All servers of one store share it.</summary>
internal sealed class ServerKey : IDisposable
{
    /// <summary>Under which name the store keeps it.</summary>
    public const string SecretName = "app-tokens";

    private readonly Lock _signing = new();
    private readonly ECDsa _key;

    private ServerKey(ECDsa key)
    {
        _key = key;
        byte[] publicKey = key.ExportSubjectPublicKeyInfo();
        // Project keys begin with "k-": the two can never be taken for one another.
        string id = "app-" + Convert.ToHexStringLower(SHA256.HashData(publicKey).AsSpan(0, 12));
        Verification = new VerificationKey(
            new ProjectKey
            {
                Id = id,
                Project = "",
                Name = "apps",
                Scopes = ScopeNames.Default,
                PublicKey = publicKey,
                IssuedAt = DateTimeOffset.MinValue,
                ExpiresAt = DateTimeOffset.MaxValue,
            },
            version: 0);
    }

    public VerificationKey Verification { get; }

    public string KeyId => Verification.Key.Id;

    public static byte[] Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKey();
    }

    public static ServerKey Load(byte[] pkcs8)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return new ServerKey(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public string Sign(TokenClaims claims)
    {
        lock (_signing)
        {
            return TokenWriter.Write(_key, KeyId, claims);
        }
    }

    public void Dispose() => _key.Dispose();
}
