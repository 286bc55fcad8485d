using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InterCluster.Api.Auth;

/// <summary>The header of a token: these three members, no more. What is not listed (jwk, jku, x5u, x5c, crit, zip, enc) is refused.</summary>
internal sealed record TokenHeader
{
    public required string Alg { get; init; }

    public required string Typ { get; init; }

    public required string Kid { get; init; }
}

/// <summary>The claims of a token.</summary>
internal sealed record TokenClaims
{
    public required string Iss { get; init; }

    public required string Aud { get; init; }

    public required string Sub { get; init; }

    public required string Project { get; init; }

    public required string Scope { get; init; }

    public required long Iat { get; init; }

    public required long Exp { get; init; }

    public long? Nbf { get; init; }

    public string? Jti { get; init; }
}

/// <summary>
/// Strict JSON for both: unknown, missing or repeated members, strings for numbers, fractions and nulls are all errors.
/// </summary>
internal static class TokenJson
{
    public static readonly JsonSerializerOptions Options = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            MaxDepth = 4,
            // "at+jwt" as it is read, not with its plus sign escaped: the text goes into base64url, not into a page.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
