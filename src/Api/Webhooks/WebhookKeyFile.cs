using System.Security.Cryptography;
using InterCluster.Api.Auth;
using InterCluster.Core.Webhooks;

namespace InterCluster.Api.Webhooks;

/// <summary>The file of the keys that seal webhooks' secrets: a key per line in Base64, the one that seals first. Made on the first start, readable by its owner only.</summary>
internal static class WebhookKeyFile
{
    private const string What = "key file of webhook secrets";

    /// <summary>The keys, made when there are none. Throws when the file is not ours to trust, or holds something else.</summary>
    public static IReadOnlyList<byte[]> ReadOrCreate(string path)
    {
        string text = PrivateFile.ReadOrCreate(path, What, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(WebhookSecrets.KeyBytes)), out _);
        return Parse(text, '\n') ?? throw new InvalidOperationException($"The {What} {path} does not hold keys of {WebhookSecrets.KeyBytes} bytes in Base64, one per line.");
    }

    /// <summary>The keys of a text; null when it is none.</summary>
    public static IReadOnlyList<byte[]>? Parse(string text, char separator)
    {
        try
        {
            byte[][] keys = [.. text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Convert.FromBase64String)];
            return keys.Length > 0 && keys.All(k => k.Length == WebhookSecrets.KeyBytes) ? keys : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
