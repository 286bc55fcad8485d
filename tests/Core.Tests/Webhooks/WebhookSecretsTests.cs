using System.Security.Cryptography;
using System.Text;
using InterCluster.Core.Webhooks;

namespace InterCluster.Core.Tests.Webhooks;

public sealed class WebhookSecretsTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(WebhookSecrets.KeyBytes);

    [Theory]
    [InlineData("one")]
    [InlineData("one", "two")]
    public void What_is_sealed_is_opened_and_does_not_show(params string[] secrets)
    {
        WebhookSecrets box = Box(Key);
        string stored = box.Seal(secrets)!;

        Assert.True(box.TryOpen(stored, out IReadOnlyList<string>? opened));
        Assert.Equal(secrets, opened);
        Assert.DoesNotContain(secrets[0], stored, StringComparison.Ordinal);
        Assert.DoesNotContain(secrets[0], Encoding.Latin1.GetString(Convert.FromBase64String(stored.Split(':')[^1])), StringComparison.Ordinal);
        Assert.NotEqual(stored, box.Seal(secrets));
    }

    [Fact]
    public void No_secret_is_none() => Assert.True(Box(Key).Seal([]) is null && Box(Key).TryOpen(null, out IReadOnlyList<string>? none) && none.Count == 0);

    [Fact]
    public void Another_key_or_a_changed_bit_opens_nothing()
    {
        string stored = Box(Key).Seal(["secret"])!;
        Assert.False(Box(RandomNumberGenerator.GetBytes(WebhookSecrets.KeyBytes)).TryOpen(stored, out _));
        Assert.False(new WebhookSecrets().TryOpen(stored, out _));
        int start = stored.LastIndexOf(':') + 1;
        byte[] box = Convert.FromBase64String(stored[start..]);
        for (int i = 0; i < box.Length * 8; i++)
        {
            byte[] changed = [.. box];
            changed[i / 8] ^= (byte)(1 << (i % 8));
            Assert.False(Box(Key).TryOpen(stored[..start] + Convert.ToBase64String(changed), out _), $"bit {i}");
        }

        Assert.False(Box(Key).TryOpen(stored[..start], out _));
        Assert.False(Box(Key).TryOpen(stored[..(start + 8)], out _));
        Assert.False(Box(Key).TryOpen(stored[..start] + "?", out _));
    }

    [Fact]
    public void A_replaced_key_opens_what_it_sealed_and_the_new_one_seals()
    {
        byte[] next = RandomNumberGenerator.GetBytes(WebhookSecrets.KeyBytes);
        string old = Box(Key).Seal(["a"])!;
        WebhookSecrets both = Box(next, Key);

        Assert.True(both.TryOpen(old, out IReadOnlyList<string>? opened));
        Assert.Equal(["a"], opened);
        Assert.True(Box(next).TryOpen(both.Seal(["b"]), out _));
    }

    [Fact]
    public void Nothing_is_sealed_without_a_key_and_a_short_key_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => new WebhookSecrets().Seal(["a"]));
        Assert.Throws<ArgumentException>(() => new WebhookSecrets().Load([new byte[16]]));
        Assert.Throws<ArgumentException>(() => new WebhookSecrets().Load([]));
    }

    private static WebhookSecrets Box(params byte[][] keys)
    {
        var box = new WebhookSecrets();
        box.Load(keys);
        return box;
    }
}
