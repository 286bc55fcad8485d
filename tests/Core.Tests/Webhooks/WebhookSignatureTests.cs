using System.Globalization;
using System.Text;
using CsCheck;
using InterCluster.Core.Webhooks;

namespace InterCluster.Core.Tests.Webhooks;

/// <summary>RELIABILITY X16.</summary>
public sealed class WebhookSignatureTests
{
    private const string Id = "01a20a1f-6c58-7aef-ba07-88062a86edd0";

    // By another program: the HMAC of Python's standard library.
    [Theory]
    [InlineData("s3cret", "hello", "v1,480d98d14b227f00063b5ea62196c90afaa302a8b8c291e6371f4d108c84a871")]
    [InlineData("s3cret", "", "v1,d38fe6190f5ec939929f3a27f5e6e163f56c705e7611ebbcb5921739924b3447")]
    public void Sign_gives_the_known_vector(string secret, string body, string expected) =>
        Assert.Equal(expected, WebhookSignature.Sign(secret, Id, 1_700_000_000, Encoding.UTF8.GetBytes(body)));

    // Two secrets in rotation: both known vectors, and a receiver that knows either accepts.
    [Fact]
    public void With_two_secrets_there_are_two_signatures_and_either_is_accepted()
    {
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        string signature = WebhookSignature.Sign(["s3cret", "n3xt"], Id, 1_700_000_000, "hello"u8);

        Assert.Equal(
            "v1,480d98d14b227f00063b5ea62196c90afaa302a8b8c291e6371f4d108c84a871 v1,69534c70fd76eb4e33823c2e5980aa4144eb7aea032045a06499b79796f3d3ff", signature);
        Assert.True(WebhookSignature.Verify("s3cret", Id, "1700000000", signature, "hello"u8, now));
        Assert.True(WebhookSignature.Verify("n3xt", Id, "1700000000", signature, "hello"u8, now));
        Assert.False(WebhookSignature.Verify("other", Id, "1700000000", signature, "hello"u8, now));
        Assert.False(WebhookSignature.Verify("n3xt", Id, "1700000000", signature, "hellp"u8, now));
        Assert.False(WebhookSignature.Verify("n3xt", Id, "1700000000", "", "hello"u8, now));
    }

    [Fact]
    public void Verify_accepts_what_was_signed_and_nothing_that_differs_in_a_bit() => Gen.Select(
        Gen.String[Gen.Char['!', '~'], 1, 64], Gen.Byte.Array[0, 200], Gen.Long[1, 4_000_000_000], Gen.Int[0, int.MaxValue]).Sample(
        (secret, body, seconds, bit) =>
        {
            DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(seconds);
            string timestamp = seconds.ToString(CultureInfo.InvariantCulture);
            string signature = WebhookSignature.Sign(secret, Id, seconds, body);

            Assert.True(WebhookSignature.Verify(secret, Id, timestamp, signature, body, now));
            Assert.False(WebhookSignature.Verify(secret + "x", Id, timestamp, signature, body, now));
            Assert.False(WebhookSignature.Verify(secret, Id[1..], timestamp, signature, body, now));
            Assert.False(WebhookSignature.Verify(secret, Id, (seconds + 1).ToString(CultureInfo.InvariantCulture), signature, body, now));
            Assert.False(WebhookSignature.Verify(secret, Id, timestamp, Flip(signature, bit), body, now));
            if (body.Length > 0)
            {
                body[bit % body.Length] ^= (byte)(1 << (bit % 8));
                Assert.False(WebhookSignature.Verify(secret, Id, timestamp, signature, body, now));
            }
        },
        iter: 10_000, threads: 1);

    [Theory]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void Verify_accepts_five_minutes_either_way(int off, bool accepted)
    {
        string signature = WebhookSignature.Sign("s", Id, 1_700_000_000, "x"u8);

        Assert.Equal(accepted, WebhookSignature.Verify("s", Id, "1700000000", signature, "x"u8, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + off)));
    }

    [Fact]
    public void A_target_does_not_tell_its_secret()
    {
        var target = new WebhookTarget { Url = "https://a.example/?token=t0ken", Authority = "a.example:443", Secret = "s3cret" };

        Assert.DoesNotContain("s3cret", $"{target} {new { target }}", StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", target.ToString(), StringComparison.Ordinal);
    }

    private static string Flip(string text, int bit)
    {
        char[] chars = text.ToCharArray();
        chars[bit % chars.Length] ^= (char)(1 << (bit % 7));
        return new string(chars);
    }
}
