namespace InterCluster.Api.Tests.Wire;

/// <summary>
/// RELIABILITY B.8, S14 and S19: what HTTP/2 can say and HTTP/1.1 cannot must not become another request on the way down. Each ends in a stream error, the
/// connection's end or 400; no replica sees anything of it, and the next callers get their own answers.
/// </summary>
public sealed class Http2SmugglingTests(WireHost wire) : IClassFixture<WireHost>
{
    [Theory]
    // Framing that HTTP/2 does itself.
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "keep-alive")]
    [InlineData("connection", "x-mine")]
    [InlineData("upgrade", "h2c")]
    [InlineData("keep-alive", "timeout=5")]
    [InlineData("proxy-connection", "close")]
    [InlineData("te", "gzip")]
    [InlineData("content-length", "5, 5")]
    [InlineData("content-length", "-1")]
    [InlineData("content-length", "0x5")]
    // Line ends and other control characters.
    [InlineData("x-mine", "a\r\nX-InterCluster-Project: p-two")]
    [InlineData("x-mine", "a\nx: y")]
    [InlineData("x-mine", "a\rx: y")]
    [InlineData("x-mine", "a\0b")]
    [InlineData("x-mine\r\nhost: evil", "a")]
    [InlineData("x-mine\n", "a")]
    [InlineData("x\0mine", "a")]
    [InlineData("x mine", "a")]
    [InlineData("x:mine", "a")]
    [InlineData("X-Mine", "a")]
    [InlineData("", "a")]
    // S19
    [InlineData("cookie\t", "a=b")]
    [InlineData("cookie ", "a=b")]
    [InlineData("cookie\v", "a=b")]
    [InlineData(" cookie", "a=b")]
    // Pseudo-fields twice, late, unknown or malformed.
    [InlineData(":path", "/v4/p-one/toy/f HTTP/1.1\r\nHost: evil\r\n\r\nGET /")]
    [InlineData(":path", "/v4/p-one/toy/a b")]
    [InlineData(":path", "/v4/p-one/toy/a\0b")]
    [InlineData(":path", "v4/p-one/toy/f")]
    [InlineData(":path", "")]
    [InlineData(":method", "GET /v4/p-one/toy/x HTTP/1.1\r\nX:")]
    [InlineData(":method", "GET ")]
    [InlineData(":method", "")]
    [InlineData(":authority", "gateway\r\nX-Mine: a")]
    [InlineData(":authority", "user@gateway")]
    [InlineData(":authority", "gateway/x")]
    [InlineData(":scheme", "gopher://x")]
    [InlineData(":status", "200")]
    [InlineData(":mine", "a")]
    public async Task S14_S19_what_http_1_could_not_say_goes_no_further(string name, string value)
    {
        (int begun, _) = wire.Seen();
        foreach (string app in WireHost.Apps)
        {
            string path = value.Replace("/toy/", $"/{app}/", StringComparison.Ordinal);
            await RefusesAsync(Http2Frames.Get($"/v4/p-one/{app}/f", (name, path)));
        }

        Assert.Equal(begun + VictimsOf(WireHost.Apps.Length), wire.Seen().Begun);
    }

    [Theory]
    [InlineData(":path")]
    [InlineData(":method")]
    [InlineData(":scheme")]
    [InlineData(":authority")]
    public async Task S14_pseudo_field_twice_or_behind_the_fields_goes_no_further(string name)
    {
        (int begun, _) = wire.Seen();
        List<(string Name, string Value)> good = Http2Frames.Get("/v4/p-one/toy/f");
        int at = good.FindIndex(f => f.Name == name);
        await RefusesAsync([.. good[..(at + 1)], good[at], .. good[(at + 1)..]]);
        await RefusesAsync([.. good[..at], .. good[(at + 1)..], good[at]]);

        Assert.Equal(begun + VictimsOf(2), wire.Seen().Begun);
    }

    [Theory]
    [InlineData("5", "only", true)]
    [InlineData("5", "too long", true)]
    [InlineData("5", "too long", false)]
    public async Task S14_length_that_the_data_does_not_have_is_no_whole_request(string length, string body, bool ends)
    {
        (_, int complete) = wire.Seen();
        foreach (string app in WireHost.Apps)
        {
            await using Http2Frames client = await Http2Frames.ConnectAsync(wire.Gateway.Address);
            await client.RequestAsync(1, Http2Frames.Get($"/v4/p-one/{app}/f", (":method", "POST"), ("content-length", length)), endStream: false);
            await client.SendAsync(Http2Frames.Data, ends ? Http2Frames.EndStream : (byte)0, 1, System.Text.Encoding.ASCII.GetBytes(body));
            await AssertRefusedAsync(client);
            await wire.VictimsAsync();
        }

        Assert.Equal(complete + VictimsOf(WireHost.Apps.Length), wire.Seen().Complete);
    }

    [Fact]
    public async Task S14_host_beside_the_authority_is_not_what_the_replica_gets()
    {
        await using Http2Frames client = await Http2Frames.ConnectAsync(wire.Gateway.Address);
        await client.RequestAsync(1, Http2Frames.Get("/v4/p-one/toy/both", ("host", "evil")));

        Assert.Equal(200, (await client.NextAsync(Http2Frames.Headers))!.Status);
        Assert.Equal("gateway", Assert.Single(wire.Toy.Complete, r => r.Target == "/both").Header("Host"));
    }

    private static int VictimsOf(int rounds) => rounds * WireHost.VictimsEach * WireHost.Apps.Length;

    private async Task RefusesAsync(List<(string Name, string Value)> fields)
    {
        await using Http2Frames client = await Http2Frames.ConnectAsync(wire.Gateway.Address);
        await client.RequestAsync(1, fields);
        await AssertRefusedAsync(client);
        await wire.VictimsAsync();
    }

    private static async Task AssertRefusedAsync(Http2Frames client)
    {
        if (await client.NextAsync(Http2Frames.Headers, Http2Frames.Reset, Http2Frames.GoAway) is { Type: Http2Frames.Headers } answer)
        {
            Assert.Equal(400, answer.Status);
        }
    }
}
