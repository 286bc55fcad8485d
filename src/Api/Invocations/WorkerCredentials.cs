using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Invocations;

/// <summary>
/// How a worker shows the gateway that it is one: <c>Authorization: InterCluster-Worker TIME.MAC</c>, an HMAC-SHA256 of the time under a secret that only the
/// servers of one store have. Good for a minute, so that what is overheard is soon worth nothing; made anew every half.
/// </summary>
internal sealed class WorkerCredentials(IKeyStore keys, TimeProvider time)
{
    private const string Scheme = "InterCluster-Worker ";
    private const string SecretName = "worker-calls";
    private const int SecretBytes = 32;

    /// <summary>How long one is good, and the difference of clocks that is put up with.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(30);

    private volatile byte[]? _secret;
    private volatile Issued? _made;
    private volatile Issued? _verified;

    /// <summary>The header of a call that begins now.</summary>
    public async ValueTask<string> MakeAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_made is { } made && now - made.At < RenewAfter && now >= made.At)
        {
            return made.Header;
        }

        byte[] secret = await SecretAsync(ct);
        var issued = new Issued(HeaderAt(now.ToUnixTimeSeconds(), secret), now);
        _made = issued;
        return issued.Header;
    }

    /// <summary>True for the header of a worker.</summary>
    public async ValueTask<bool> IsValidAsync(string? header, CancellationToken ct)
    {
        if (header is null || !TryReadTime(header, out DateTimeOffset at) || !IsInForce(at))
        {
            return false;
        }

        if (_verified is { } known && known.Header == header)
        {
            return true;
        }

        byte[] expected = Encoding.ASCII.GetBytes(HeaderAt(at.ToUnixTimeSeconds(), await SecretAsync(ct)));
        if (!CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(header)))
        {
            return false;
        }

        _verified = new Issued(header, at);
        return true;
    }

    private static string HeaderAt(long unix, byte[] secret)
    {
        string at = unix.ToString(CultureInfo.InvariantCulture);
        return $"{Scheme}{at}.{Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes($"invoke:{at}")))}";
    }

    private static bool TryReadTime(string header, out DateTimeOffset at)
    {
        at = default;
        int dot = header.IndexOf('.', StringComparison.Ordinal);
        if (!header.StartsWith(Scheme, StringComparison.Ordinal) || dot < 0
            || !long.TryParse(header.AsSpan(Scheme.Length, dot - Scheme.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long unix)
            || unix > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return false;
        }

        at = DateTimeOffset.FromUnixTimeSeconds(unix);
        return true;
    }

    private bool IsInForce(DateTimeOffset at)
    {
        TimeSpan age = time.GetUtcNow() - at;
        return age <= Lifetime + Skew && age >= -Skew;
    }

    private async ValueTask<byte[]> SecretAsync(CancellationToken ct) =>
        _secret ??= await keys.GetOrCreateSecretAsync(SecretName, static () => RandomNumberGenerator.GetBytes(SecretBytes), ct);

    private sealed record Issued(string Header, DateTimeOffset At);
}
