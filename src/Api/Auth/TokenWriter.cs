using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace InterCluster.Api.Auth;

/// <summary>Signs tokens.</summary>
internal static class TokenWriter
{
    public static string Write(ECDsa key, string keyId, TokenClaims claims)
    {
        var header = new TokenHeader { Alg = TokenRules.Algorithm, Typ = TokenRules.Type, Kid = keyId };
        string signed = $"{Encode(header)}.{Encode(claims)}";
        byte[] signature = key.SignData(
            Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value, TokenJson.Options));
}
