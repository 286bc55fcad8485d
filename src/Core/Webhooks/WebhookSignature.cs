using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace InterCluster.Core.Webhooks;

/// <summary>
/// Signs deliveries: <c>v1,</c> and the lower-case hexadecimal HMAC-SHA256, keyed with the secret, of <c>request_id.timestamp.body</c>.
/// </summary>
public static class WebhookSignature
{
    private const string Version = "v1,";
    private const char Between = ' ';

    /// <summary>How far a timestamp may be off for <see cref="Verify"/>: what was recorded earlier is not accepted again for ever.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>The signature of a delivery.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="requestId">The value of <c>X-Request-Id</c>.</param>
    /// <param name="timestamp">Seconds since 1970.</param>
    /// <param name="body">The bytes of the body.</param>
    public static string Sign(string secret, string requestId, long timestamp, ReadOnlySpan<byte> body) =>
        Version + Convert.ToHexStringLower(Hash(secret, requestId, timestamp, body));

    /// <summary>
    /// The signatures of a delivery under each of its secrets, with a blank in between: while a secret is replaced, the receiver may know either.
    /// </summary>
    public static string Sign(IReadOnlyList<string> secrets, string requestId, long timestamp, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        string all = Sign(secrets[0], requestId, timestamp, body);
        foreach (string secret in secrets.Skip(1))
        {
            all = $"{all}{Between}{Sign(secret, requestId, timestamp, body)}";
        }

        return all;
    }

    /// <summary>True when one of the signatures is right and its time is near; compared in constant time.</summary>
    public static bool Verify(string secret, string requestId, string timestamp, string signature, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(signature);
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
        {
            return false;
        }

        byte[] expected = Encoding.ASCII.GetBytes(Sign(secret, requestId, seconds, body));
        bool right = false;
        foreach (string one in signature.Split(Between))
        {
            right |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(one), expected);
        }

        return right;
    }

    private static byte[] Hash(string secret, string requestId, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{requestId}.{timestamp}.")));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}
