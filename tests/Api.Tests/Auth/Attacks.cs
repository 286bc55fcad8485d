using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace InterCluster.Api.Tests.Auth;

/// <summary>The tokens of RELIABILITY B.7, J01 to J10: each is well signed where it can be, and wrong in one thing.</summary>
internal static class Attacks
{
    public static IEnumerable<(string Name, string Token)> All(ForgeKey key, ForgeKey other) =>
        [.. Algorithms(key), .. Confusion(key), .. KeySources(key), .. KeyIds(key, other), .. Times(key), .. Audiences(key), .. Signatures(key), .. Shapes(key), .. Sizes(key)];

    // J01
    private static IEnumerable<(string, string)> Algorithms(ForgeKey key)
    {
        foreach (string alg in new[] { "\"none\"", "\"None\"", "\"nOnE\"", "\"\"", "[\"ES256\"]", "256", "null", "true", "\"es256\"", "\"ES384\"", "\"RS256\"", "\"HS256\"", "\"ES256 \"" })
        {
            yield return ($"J01 alg {alg}", key.Sign($$"""{"alg":{{alg}},"typ":"at+jwt","kid":"{{key.KeyId}}"}"""));
        }

        yield return ("J01 alg missing", key.Sign($$"""{"typ":"at+jwt","kid":"{{key.KeyId}}"}"""));
        yield return ("J01 alg none without signature", $"{ForgeKey.Part($$"""{"alg":"none","typ":"at+jwt","kid":"{{key.KeyId}}"}""")}.{ForgeKey.Part(key.GoodClaims)}.");
    }

    // J02
    private static IEnumerable<(string, string)> Confusion(ForgeKey key)
    {
        byte[] der = key.Pair.ExportSubjectPublicKeyInfo();
        string pem = key.Pair.ExportSubjectPublicKeyInfoPem();
        foreach ((string name, byte[] secret) in new[]
        {
            ("DER", der), ("PEM", Encoding.ASCII.GetBytes(pem)), ("PEM with newline", Encoding.ASCII.GetBytes(pem + "\n")),
        })
        {
            foreach (string alg in new[] { "HS256", "ES256" })
            {
                string signed = $"{ForgeKey.Part($$"""{"alg":"{{alg}}","typ":"at+jwt","kid":"{{key.KeyId}}"}""")}.{ForgeKey.Part(key.GoodClaims)}";
                byte[] mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed));
                yield return ($"J02 {alg} {name}", $"{signed}.{Base64Url.EncodeToString(mac)}");
                yield return ($"J02 {alg} {name}, of an ES256 signature's length", $"{signed}.{Base64Url.EncodeToString([.. mac, .. mac])}");
            }
        }
    }

    // J03
    private static IEnumerable<(string, string)> KeySources(ForgeKey key)
    {
        foreach (string more in new[]
        {
            "\"jwk\":{\"kty\":\"EC\"}", "\"x5c\":[\"MIIB\"]", "\"jku\":\"http://127.0.0.1:{port}/\"", "\"x5u\":\"http://127.0.0.1:{port}/\"",
            "\"jku\":\"file:///etc/passwd\"", "\"jku\":\"http://localhost:{port}/\"", "\"x5t\":\"AAAA\"",
        })
        {
            yield return ($"J03 {more}", key.Sign($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{key.KeyId}}",{{more}}}"""));
        }
    }

    // J04
    private static IEnumerable<(string, string)> KeyIds(ForgeKey key, ForgeKey other)
    {
        foreach (string kid in new[] { "k-unknown", "../../dev/null", "' or 1=1 --", "k-forge\\u0000", new string('k', 1000), "", other.KeyId, " k-forge", "K-FORGE" })
        {
            yield return ($"J04 kid {kid[..Math.Min(20, kid.Length)]}", key.Sign($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{kid}}"}""", key.Claims(sub: $"\"key:{kid}\"")));
        }

        yield return ("J04 kid missing", key.Sign("""{"alg":"ES256","typ":"at+jwt"}"""));
        yield return ("J04 kid number", key.Sign("""{"alg":"ES256","typ":"at+jwt","kid":1}"""));
        yield return ("J04 other project's key for this project", other.Sign(claims: other.Claims(project: $"\"{key.Project}\"")));
        yield return ("J04 this key for another project", key.Sign(claims: key.Claims(project: $"\"{other.Project}\"")));
        yield return ("J04 another key's subject", key.Sign(claims: key.Claims(sub: "\"key:k-other\"")));
        yield return ("J04 a project key that says it is an app", key.Sign(claims: key.Claims(sub: "\"app:caption\"")));
    }

    // J05 is about time and has its own tests; these are J06.
    private static IEnumerable<(string, string)> Times(ForgeKey key)
    {
        long now = key.Now;
        foreach (string exp in new[]
        {
            $"\"{now + 3600}\"", $"{now + 3600}.0", $"{now + 3600}.5", "1e400", "1e10", "-1", "0", "null", "[]", "9223372036854775807", "9223372036854775808",
            "253402300800", $"{now - 31}", $"{now}", $"{now + (401 * 86400)}",
        })
        {
            yield return ($"J06 exp {exp}", key.Sign(claims: key.Claims(exp: exp)));
        }

        foreach (string iat in new[] { $"{now + 31}", "-1", "\"1\"", "null", $"{now}.5" })
        {
            yield return ($"J06 iat {iat}", key.Sign(claims: key.Claims(iat: iat)));
        }

        yield return ("J06 nbf in the future", key.Sign(claims: key.Claims(more: $",\"nbf\":{now + 31}")));
        yield return ("J06 nbf text", key.Sign(claims: key.Claims(more: ",\"nbf\":\"0\"")));
        string[] members = key.GoodClaims.Trim('{', '}').Split(',');
        foreach (string gone in members)
        {
            yield return ($"J06 missing {gone}", key.Sign(claims: "{" + string.Join(',', members.Where(m => m != gone)) + "}"));
        }
    }

    // J07
    private static IEnumerable<(string, string)> Audiences(ForgeKey key)
    {
        foreach (string aud in new[] { "\"other\"", "[\"intercluster\"]", "[\"intercluster\",\"other\"]", "\"\"", "null", "\"InterCluster\"" })
        {
            yield return ($"J07 aud {aud}", key.Sign(claims: key.Claims(aud: aud)));
        }

        foreach (string iss in new[] { "\"other\"", "\"https://intercluster\"", "\"\"", "null" })
        {
            yield return ($"J07 iss {iss}", key.Sign(claims: key.Claims(iss: iss)));
        }

        foreach (string typ in new[] { "\"JWT\"", "\"rt+jwt\"", "\"webhook+jwt\"", "\"\"", "null", "\"application/at+jwt\"" })
        {
            yield return ($"J07 typ {typ}", key.Sign($$"""{"alg":"ES256","typ":{{typ}},"kid":"{{key.KeyId}}"}"""));
        }

        yield return ("J07 typ missing", key.Sign($$"""{"alg":"ES256","kid":"{{key.KeyId}}"}"""));
        foreach (string scope in new[] { "\"\"", "\"everything\"", "\"invoke  read\"", "\"invoke \"", "[\"invoke\"]", "\"Invoke\"" })
        {
            yield return ($"J07 scope {scope}", key.Sign(claims: key.Claims(scope: scope)));
        }
    }

    // J08
    private static IEnumerable<(string, string)> Signatures(ForgeKey key)
    {
        string good = key.Sign();
        int dot = good.LastIndexOf('.');
        string signed = good[..dot];
        byte[] signature = Base64Url.DecodeFromChars(good.AsSpan(dot + 1));
        byte[] flipped = [.. signature];
        flipped[20] ^= 1;
        yield return ("J08 no signature", signed + ".");
        yield return ("J08 two parts", signed);
        yield return ("J08 truncated", good[..^2]);
        yield return ("J08 bit flipped", $"{signed}.{Base64Url.EncodeToString(flipped)}");
        yield return ("J08 r=s=0", $"{signed}.{Base64Url.EncodeToString(new byte[64])}");
        yield return ("J08 s=0", $"{signed}.{Base64Url.EncodeToString([.. signature[..32], .. new byte[32]])}");
        yield return ("J08 DER signature", $"{signed}.{Base64Url.EncodeToString(key.Pair.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))}");
        yield return ("J08 stray bits in the last character", good[..^1] + Neighbour(good[^1]));
        yield return ("J08 padding", good + "==");
        yield return ("J08 white space inside", good.Insert(dot + 10, " "));
        yield return ("J08 newline", good.Insert(dot + 10, "\t"));
        yield return ("J08 leading space", " " + good);
        yield return ("J08 trailing part", good + ".x");
        yield return ("J08 trailing dot", good + ".");
        yield return ("J08 plain base64 alphabet", good.Replace('-', '+').Replace('_', '/') is var plain && plain != good ? plain : good + "+/");
        yield return ("J08 another token's payload", $"{ForgeKey.Part(key.GoodHeader)}.{ForgeKey.Part(key.Claims(scope: "\"admin\""))}.{good[(dot + 1)..]}");
    }

    // J09
    private static IEnumerable<(string, string)> Shapes(ForgeKey key)
    {
        foreach (string more in new[] { "\"crit\":[\"exp\"]", "\"crit\":[\"b64\"],\"b64\":false", "\"b64\":false", "\"zip\":\"DEF\"", "\"enc\":\"A256GCM\"", "\"cty\":\"JWT\"", "\"alg\":\"none\"", "\"kid\":\"k-forge\"" })
        {
            yield return ($"J09 header {more}", key.Sign($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{key.KeyId}}",{{more}}}"""));
        }

        yield return ("J09 five parts", "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA");
        yield return ("J09 nested", ForgeKey.Part(key.GoodHeader) + "." + ForgeKey.Part(key.Sign()) + ".AAAA");
        yield return ("J09 duplicate project", key.Sign(claims: key.Claims(more: ",\"project\":\"p-two\"")));
        yield return ("J09 duplicate exp", key.Sign(claims: key.Claims(more: $",\"exp\":{key.Now + 7200}")));
        yield return ("J09 duplicate by escape", key.Sign(claims: key.Claims(more: ",\"\\u0070roject\":\"p-two\"")));
        yield return ("J09 claim of another case", key.Sign(claims: key.Claims(more: ",\"Project\":\"p-two\"")));
        yield return ("J09 unknown claim", key.Sign(claims: key.Claims(more: ",\"role\":\"root\"")));
        yield return ("J09 claims not an object", key.Sign(claims: "[]"));
        yield return ("J09 claims null", key.Sign(claims: "null"));
        yield return ("J09 bytes after the claims", key.Sign(claims: key.GoodClaims + "{}"));
        yield return ("J09 byte order mark", key.Sign(claims: "\uFEFF" + key.GoodClaims));
        yield return ("J09 deep", key.Sign(claims: key.Claims(more: ",\"jti\":" + new string('[', 2000) + new string(']', 2000))));
    }

    // J10
    private static IEnumerable<(string, string)> Sizes(ForgeKey key)
    {
        yield return ("J10 more than 8 KiB", key.Sign(claims: key.Claims(more: $",\"jti\":\"{new string('j', 8 * 1024)}\"")));
        yield return ("J10 200 dots", new string('.', 200));
        yield return ("J10 many scopes", key.Sign(claims: key.Claims(scope: $"\"{string.Join(' ', Enumerable.Repeat("invoke", 10_000))}\"")));
        yield return ("J10 empty parts", "..");
        yield return ("J10 empty", "");
        yield return ("J10 one character", "a");
    }

    private static char Neighbour(char last)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return Alphabet[Alphabet.IndexOf(last, StringComparison.Ordinal) ^ 1];
    }
}
