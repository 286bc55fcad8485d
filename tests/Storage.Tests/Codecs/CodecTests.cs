using CsCheck;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;

namespace InterCluster.Storage.Tests.Codecs;

public sealed class CodecTests
{
    // Any text but lone surrogates, which no header can hold.
    private static readonly Gen<string> Text = Gen.OneOf(Gen.Char['\0', '\uD7FF'].Array[0, 300], Gen.Char[' ', '~'].Array[0, 20]).Select(c => new string(c));

    [Fact]
    public void Headers_come_back_as_they_were() => Gen.Select(Text, Text).Select(h => new StoredHeader(h.Item1, h.Item2)).Array[0, 12]
        .Sample(headers => Assert.Equal(headers, HeaderCodec.Decode(HeaderCodec.Encode(headers))), iter: 500);

    [Fact]
    public void Headers_of_a_later_version_are_refused() => Assert.Throws<InvalidDataException>(() => HeaderCodec.Decode([2, 0, 0]));

    [Fact]
    public void Times_keep_their_microseconds() => Gen.Long[-60_000_000_000_000_000, 250_000_000_000_000_000]
        .Sample(micros => Assert.Equal(micros, Micros.From(Micros.ToTime(micros))));

    [Theory]
    [InlineData("a", "b,c", "a,b", "c")]
    [InlineData("/x", "", "/", "x")]
    public void Hash_does_not_run_parts_together(string path1, string body1, string path2, string body2) =>
        Assert.NotEqual(Hash(path1, body1), Hash(path2, body2));

    [Fact]
    public void Hash_leaves_out_headers_that_differ_between_honest_retries() =>
        Assert.Equal(Hash("/", "x", new StoredHeader("traceparent", "1")), Hash("/", "x", new StoredHeader("User-Agent", "2")));

    private static byte[] Hash(string path, string body, params StoredHeader[] headers) =>
        RequestHash.Of(new RunRequest("POST", path, headers, System.Text.Encoding.UTF8.GetBytes(body)));
}
