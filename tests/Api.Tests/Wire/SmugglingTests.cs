namespace InterCluster.Api.Tests.Wire;

/// <summary>
/// RELIABILITY B.8, the request's side: the replicas see as many requests as the gateway authorised, and the next caller on a pooled connection gets its
/// own answer.
/// </summary>
public sealed class SmugglingTests(WireHost wire) : IClassFixture<WireHost>
{
    private const string Post = "POST {app}/f HTTP/1.1\r\n{head}";
    private const string Chunked = Post + "Transfer-Encoding: chunked\r\n\r\n";
    private const string Smuggled = "GET {app}/smuggled HTTP/1.1\r\n{head}\r\n";

    public static TheoryData<string, string> Framing() => new()
    {
        { "S01 CL.TE", Post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S01 TE.CL", Post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + Smuggled },
        { "S01 CL of 0 and TE", Post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 chunked, identity", Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 identity, chunked", Post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 xchunked", Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 chunked with a parameter", Post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 vertical tab", Post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 form feed", Post + "Transfer-Encoding: chunked\f\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 trailing comma", Post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 leading comma", Post + "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 quoted", Post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 empty", Post + "Transfer-Encoding: \r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 two headers", Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 two headers, identity last", Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 space before the colon", Post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 tab before the colon", Post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 folded", Post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S02 chunked in HTTP/1.0", "POST {app}/f HTTP/1.0\r\n{head}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S03 gzip", Post + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S03 gzip, chunked", Post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + Smuggled },
        { "S04 two, the same", Post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + Smuggled },
        { "S04 two, different", Post + "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello" + Smuggled },
        { "S04 a list", Post + "Content-Length: 5,5\r\n\r\nhello" + Smuggled },
        { "S04 plus", Post + "Content-Length: +5\r\n\r\nhello" + Smuggled },
        { "S04 minus zero", Post + "Content-Length: -0\r\n\r\n" + Smuggled },
        { "S04 hexadecimal", Post + "Content-Length: 0x5\r\n\r\nhello" + Smuggled },
        { "S04 underscore", Post + "Content-Length: 5_0\r\n\r\nhello" + Smuggled },
        { "S04 inner space", Post + "Content-Length: 5 0\r\n\r\nhello" + Smuggled },
        { "S04 empty", Post + "Content-Length: \r\n\r\n" + Smuggled },
        { "S04 2^64 + 5", Post + "Content-Length: 18446744073709551621\r\n\r\nhello" + Smuggled },
        { "S05 LF after the request line", "GET {app}/f HTTP/1.1\n{head}\r\n" + Smuggled },
        { "S05 LF after a header", "GET {app}/f HTTP/1.1\r\n{head}X-A: b\n\r\n" + Smuggled },
        { "S05 LF as the head's end", "GET {app}/f HTTP/1.1\r\n{head}\n" + Smuggled },
        { "S05 LF hides a header", "GET {app}/f HTTP/1.1\r\n{head}X-A: b\nTransfer-Encoding: chunked\r\n\r\n" + Smuggled },
        { "S06 CR after the request line", "GET {app}/f HTTP/1.1\r{head}\r\n" + Smuggled },
        { "S06 CR after a header", "GET {app}/f HTTP/1.1\r\n{head}X-A: b\rX-B: c\r\n\r\n" + Smuggled },
        { "S06 NUL in a name", "GET {app}/f HTTP/1.1\r\n{head}X\0A: b\r\n\r\n" + Smuggled },
        { "S06 space before the first header", "GET {app}/f HTTP/1.1\r\n X-A: b\r\n{head}\r\n" + Smuggled },
        { "S06 header without a name", "GET {app}/f HTTP/1.1\r\n{head}: b\r\n\r\n" + Smuggled },
        { "S07 folded header", "GET {app}/f HTTP/1.1\r\n{head}X-A: b\r\n c\r\n\r\n" + Smuggled },
        { "S07 folded header with a tab", "GET {app}/f HTTP/1.1\r\n{head}X-A: b\r\n\tc\r\n\r\n" + Smuggled },
    };

    public static TheoryData<string, string, int> Chunks() => new()
    {
        { "S08 TERM.EXT: LF inside the extension", Chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S08 CR inside the extension", Chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S08 EXT.TERM: LF ends the extension", Chunked + "5;a\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S08 CR ends the extension", Chunked + "5;a\rhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S08 LF ends the size", Chunked + "5\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S08 TERM.SPILL: LF after the data", Chunked + "5\r\nhello\n0\r\n\r\n" + Smuggled, 400 },
        { "S08 SPILL.TERM: CR after the data", Chunked + "5\r\nhello\r0\r\n\r\n" + Smuggled, 400 },
        { "S08 two bytes after the data", Chunked + "5\r\nhelloXX0\r\n\r\n" + Smuggled, 400 },
        { "S09 0x5", Chunked + "0x5\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 +5", Chunked + "+5\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 -1", Chunked + "-1\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 5_0", Chunked + "5_0\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 space before", Chunked + " 5\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 space after", Chunked + "5 \r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 eleven digits", Chunked + "00000000005\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 eleven digits that overflow", Chunked + "fffffffffff\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 empty", Chunked + "\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 data longer than the size", Chunked + "3\r\nhello\r\n0\r\n\r\n" + Smuggled, 400 },
        { "S09 extension over the body limit", Chunked + $"5;{new string('a', 100_001)}\r\nhello\r\n0\r\n\r\n" + Smuggled, 413 },
        { "S10 LF ends a trailer", Chunked + "5\r\nhello\r\n0\r\nX-A: b\n\r\n" + Smuggled, 400 },
        { "S10 something in place of the last CRLF", Chunked + "5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n" + Smuggled, 400 },
    };

    [Theory]
    [MemberData(nameof(Framing))]
    public Task Ambiguous_head_is_400_and_the_connection_ends(string name, string request)
    {
        Assert.NotEmpty(name);
        return wire.RefusesAsync(request, 400);
    }

    [Theory]
    [MemberData(nameof(Chunks))]
    public Task Malformed_chunk_is_refused_and_no_replica_sees_the_end_of_the_request(string name, string request, int status)
    {
        Assert.NotEmpty(name);
        return wire.RefusesAsync(request, status, inBody: true);
    }

    [Theory]
    [InlineData("S02 underscore", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello")]
    [InlineData("S06 vertical tab in a name", "Transfer-Encoding\v: chunked\r\nContent-Length: 5\r\n", "hello")]
    [InlineData("S04 leading zero", "Content-Length: 05\r\n", "hello")]
    [InlineData("S04 space after", "Content-Length: 5 \r\n", "hello")]
    [InlineData("S04 underscore in the name", "Content_Length: 0\r\nContent-Length: 5\r\n", "hello")]
    public async Task Sound_framing_reaches_the_replica_in_one_spelling(string name, string headers, string body)
    {
        Assert.NotEmpty(name);
        (ToyRequest got, _) = await wire.PassesAsync(Post + headers + "\r\n" + body);
        Assert.Equal(body, got.Body);
        Assert.Single(got.Head.Split('\n'), line => line.Replace('_', '-').StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("\nContent-Length: 5\n", got.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Null(got.Header("Transfer-Encoding"));
    }

    [Fact]
    public async Task S08_sound_extension_ends_at_the_gateway()
    {
        (ToyRequest got, _) = await wire.PassesAsync(Chunked + "5;a=\"b\"\r\nhello\r\n0\r\n\r\n");
        Assert.Equal("hello", got.Body);
    }

    [Theory]
    [InlineData("EnableInsecureChunkedRequestParsing", false)]
    [InlineData("AllowKeepAliveAfterCLTE", false)]
    [InlineData("DisableHttp1LineFeedTerminators", true)]
    public void S11_switches_are_the_safe_ones(string name, bool value)
    {
        AppContext.TryGetSwitch("Microsoft.AspNetCore.Server.Kestrel." + name, out bool set);
        Assert.Equal(value, set);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    public async Task S12_body_of_a_method_that_has_none_stays_a_body(string method)
    {
        string inner = WireHost.Fill(Smuggled);
        (ToyRequest got, _) = await PassAsync($"{method} {{app}}/f HTTP/1.1\r\n{{head}}Content-Length: {inner.Length}\r\n\r\n{inner}", method == "HEAD");
        Assert.Equal(inner, got.Body);
    }

    [Theory]
    [InlineData("GET {app}/f HTTP/1.1\r\nHost: gateway\r\n", 401)]
    [InlineData("POST {app}/f HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer other\r\n", 403)]
    [InlineData("POST {app}x/f HTTP/1.1\r\n{head}", 404)]
    [InlineData("FOO {app}/f HTTP/1.1\r\n{head}", 405)]
    [InlineData("POST {app}/_private HTTP/1.1\r\n{head}", 403)]
    public async Task S12_body_of_what_is_refused_early_is_never_read_as_a_request(string head, int status)
    {
        string inner = WireHost.Fill(Smuggled);
        (int begun, _) = wire.Seen();
        await using WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill($"{head}Content-Length: {inner.Length}\r\n\r\n{inner}GET {{app}}/own HTTP/1.1\r\n{{head}}\r\n"));
        Assert.Equal(status, (await client.ReadAsync())?.Status);
        bool goesOn = await client.ReadAsync() is { } next && next is { Status: 200, Body: "/own" };
        await wire.VictimsAsync();
        Assert.Equal(begun + (2 * WireHost.VictimsEach) + (goesOn ? 1 : 0), wire.Seen().Begun);
    }

    [Theory]
    [InlineData("y 100-continue")]
    [InlineData("100-continue, 100-continue")]
    [InlineData("100-continue\r\nExpect: 100-continue")]
    public Task S13_odd_expectation_is_417(string value)
    {
        string inner = WireHost.Fill(Smuggled);
        return wire.RefusesAsync($"{Post}Expect: {value}\r\nContent-Length: {inner.Length}\r\n\r\n{inner}", 417, staysOpen: true);
    }

    [Theory]
    [InlineData("app")]
    [InlineData("toy")]
    public async Task S17_pipelined_answers_come_in_order_and_one_each(string app)
    {
        const int Count = 49;
        await using WireClient client = await wire.ConnectAsync();
        string refused = WireHost.Fill("POST {app}/f HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5\r\n\r\nhello", app);
        await client.SendAsync(refused + string.Concat(Enumerable.Range(0, Count).Select(i => WireHost.Fill($"GET {{app}}/echo-{i} HTTP/1.1\r\n{{head}}\r\n", app))));
        Assert.Equal(401, (await client.ReadAsync())?.Status);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal($"/echo-{i}", (await client.ReadAsync())?.Body);
        }
    }

    private async Task<(ToyRequest Got, WireAnswer Answer)> PassAsync(string request, bool toHead)
    {
        if (!toHead)
        {
            return await wire.PassesAsync(request);
        }

        // A toy that answers HEAD with a body would be I37's business.
        wire.Toy.Script = r => r.Head.StartsWith("HEAD", StringComparison.Ordinal) ? new ToyAnswer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") : ToyServer.Echo(r);
        return await wire.PassesAsync(request);
    }
}
