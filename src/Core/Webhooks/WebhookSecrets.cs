using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace InterCluster.Core.Webhooks;

/// <summary>
/// Seals the secrets of webhooks before they are stored, and opens them for the signature: AES-256-GCM under a key that is not in the store. With several keys the
/// first one seals and each opens what it sealed, so that a key can be replaced while deliveries wait.
/// </summary>
public sealed class WebhookSecrets
{
    /// <summary>A key's length.</summary>
    public const int KeyBytes = 32;

    /// <summary>Secrets of one webhook at most: one, and one beside it while it is replaced.</summary>
    public const int Most = 2;

    private const string Prefix = "sealed:1:";
    private const char Between = '\n';
    private const int IdBytes = 8;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes(Prefix);

    private volatile IReadOnlyList<(byte[] Id, byte[] Key)>? _keys;

    /// <summary>Puts keys in force, the one that seals first. Before it, nothing can be sealed.</summary>
    public void Load(IReadOnlyList<byte[]> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count == 0 || keys.Any(k => k.Length != KeyBytes))
        {
            throw new ArgumentException($"Keys are of {KeyBytes} bytes, one at least.", nameof(keys));
        }

        _keys = [.. keys.Select(k => (SHA256.HashData(k)[..IdBytes], k))];
    }

    /// <summary>What is stored of secrets (visible ASCII); null for none.</summary>
    public string? Seal(IReadOnlyList<string> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (secrets.Count == 0)
        {
            return null;
        }

        (byte[] id, byte[] key) = (_keys ?? throw new InvalidOperationException("The key of webhook secrets is not loaded."))[0];
        byte[] plain = Encoding.UTF8.GetBytes(string.Join(Between, secrets));
        byte[] box = new byte[IdBytes + NonceBytes + TagBytes + plain.Length];
        id.CopyTo(box, 0);
        Span<byte> nonce = box.AsSpan(IdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, plain, box.AsSpan(IdBytes + NonceBytes + TagBytes), box.AsSpan(IdBytes + NonceBytes, TagBytes), Purpose);
        return Prefix + Convert.ToBase64String(box);
    }

    /// <summary>The secrets, none for null; false when no key that is here sealed them, or somebody changed them.</summary>
    public bool TryOpen(string? stored, [NotNullWhen(true)] out IReadOnlyList<string>? secrets)
    {
        secrets = stored is null ? [] : !stored.StartsWith(Prefix, StringComparison.Ordinal) ? [stored] : Open(stored[Prefix.Length..]);
        return secrets is not null;
    }

    private string[]? Open(string text)
    {
        byte[] box = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, box, out int length) || length < IdBytes + NonceBytes + TagBytes)
        {
            return null;
        }

        ReadOnlyMemory<byte> all = box.AsMemory(0, length);
        foreach ((byte[] id, byte[] key) in _keys ?? [])
        {
            if (all.Span.StartsWith(id))
            {
                return Open(all.Span[IdBytes..], key);
            }
        }

        return null;
    }

    private static string[]? Open(ReadOnlySpan<byte> box, byte[] key)
    {
        byte[] plain = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(box[..NonceBytes], box[(NonceBytes + TagBytes)..], box.Slice(NonceBytes, TagBytes), plain, Purpose);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return Encoding.UTF8.GetString(plain).Split(Between);
    }
}
