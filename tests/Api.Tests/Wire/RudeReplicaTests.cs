namespace InterCluster.Api.Tests.Wire;

/// <summary>RELIABILITY I37 and S18: what a replica gets wrong costs its own caller an answer, and nobody else anything.</summary>
public sealed class RudeReplicaTests(WireHost wire) : IClassFixture<WireHost>
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    public static TheoryData<string, string> Unusable() => new()
    {
        { "I37 header bomb", $"{Ok}X-A: {new string('a', 70_000)}\r\nContent-Length: 2\r\n\r\nok" },
        { "I37 endless headers", Ok + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: aaaa\r\n")) },
        { "I37 no status line", "hello\r\n\r\n" },
        { "I37 other protocol", "HTTQ/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "I37 status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "I37 status 099", "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "I37 header without a colon", $"{Ok}nonsense\r\nContent-Length: 2\r\n\r\nok" },
        { "I37 101 unasked", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" },
        { "I37 hangs up at once", "" },
        { "I37 hangs up in the head", Ok + "Content-Le" },
        { "I37 body in place of a head", "\r\n\r\n\r\n\0\0" },
        { "S18 CL and TE", $"{Ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" },
        { "S18 two lengths", $"{Ok}Content-Length: 2\r\nContent-Length: 40\r\n\r\nok" },
        { "S18 two lengths, the same", $"{Ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok" },
        { "S18 a list of lengths", $"{Ok}Content-Length: 2, 2\r\n\r\nok" },
        { "S18 negative length", $"{Ok}Content-Length: -2\r\n\r\nok" },
        { "S18 length with a sign", $"{Ok}Content-Length: +2\r\n\r\nok" },
        { "S18 coding that is not chunked", $"{Ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" },
        { "S18 unknown coding", $"{Ok}Transfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Answer_that_cannot_be_used_is_502(string name, string raw)
    {
        Assert.NotEmpty(name);
        await using WireClient client = await AskAsync(new ToyAnswer(raw, Close: true));
        WireAnswer answer = Assert.IsType<WireAnswer>(await client.ReadAsync());
        Assert.Equal(502, answer.Status);
        Assert.Equal("application/problem+json", answer.Header("Content-Type"));
        await wire.VictimsAsync();
    }

    [Theory]
    [InlineData("less than its length", "Content-Length: 20\r\n\r\nhello")]
    [InlineData("half a chunk", "Transfer-Encoding: chunked\r\n\r\n14\r\nhello")]
    [InlineData("no last chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("bad chunk size", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("bad end of a chunk", "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n")]
    public async Task I37_answer_that_breaks_off_never_ends_cleanly(string name, string rest)
    {
        Assert.NotEmpty(name);
        await using WireClient client = await AskAsync(new ToyAnswer(Ok + rest, Close: true));
        // 502 when it broke before our own answer had begun.
        bool clean = await EndsCleanlyAsync(client, 200);
        Assert.False(clean);
        await wire.VictimsAsync();
    }

    [Theory]
    [InlineData("S18 bytes after the body", Ok + "Content-Length: 2\r\n\r\nok" + Ok + "Content-Length: 8\r\n\r\nsmuggled")]
    [InlineData("S18 bytes after the last chunk", Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + Ok + "Content-Length: 8\r\n\r\nsmuggled")]
    [InlineData("S18 interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nok")]
    [InlineData("S18 interim answer with a length", "HTTP/1.1 100 Continue\r\nContent-Length: 40\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nok")]
    [InlineData("S18 connection kept after close", Ok + "Connection: close\r\nContent-Length: 2\r\n\r\nok" + Ok + "Content-Length: 8\r\n\r\nsmuggled")]
    public async Task Answer_is_relayed_and_what_is_beside_it_reaches_nobody(string name, string raw)
    {
        Assert.NotEmpty(name);
        for (int i = 0; i < 5; i++)
        {
            await using WireClient client = await AskAsync(new ToyAnswer(raw));
            WireAnswer answer = Assert.IsType<WireAnswer>(await client.ReadAsync());
            Assert.Equal((200, "ok"), (answer.Status, answer.Body));
            await wire.VictimsAsync();
        }
    }

    [Theory]
    [InlineData("X-A: a\rX-B: b\r\n", "a X-B: b")]
    [InlineData("X-A: a\0b\r\n", "a b")]
    [InlineData("X-A: a\r\n b\r\n", "a   b")]
    public async Task I37_control_characters_in_a_header_become_spaces(string header, string relayed)
    {
        await using WireClient client = await AskAsync(new ToyAnswer($"{Ok}{header}Content-Length: 2\r\n\r\nok"));
        WireAnswer answer = Assert.IsType<WireAnswer>(await client.ReadAsync());
        Assert.Equal((200, relayed, "ok"), (answer.Status, answer.Header("X-A"), answer.Body));
        Assert.Empty(answer.All("X-B"));
        await wire.VictimsAsync();
    }

    [Fact]
    public async Task I37_flood_of_interim_answers_ends_with_one_answer()
    {
        string flood = string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 2000));
        await using WireClient client = await AskAsync(new ToyAnswer(flood + Ok + "Content-Length: 2\r\n\r\nok", Close: true));
        Assert.True((await client.ReadAsync())?.Status is 200 or 502);
        await wire.VictimsAsync();
    }

    [Theory]
    [InlineData("204", "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\nsmuggled")]
    [InlineData("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\n")]
    public async Task S18_answer_without_a_body_has_none(string name, string raw)
    {
        await using WireClient client = await AskAsync(new ToyAnswer(raw));
        WireAnswer? answer = await client.ReadAsync();
        Assert.Equal(name[..3], answer?.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await client.SendAsync(WireHost.Fill("GET {app}/own HTTP/1.1\r\n{head}\r\n"));
        Assert.Equal("/own", (await client.ReadAsync())?.Body);
        await wire.VictimsAsync();
    }

    [Fact]
    public async Task S18_answer_to_HEAD_with_a_body_is_cut_off_before_the_next()
    {
        wire.Toy.Script = ToyServer.Echo;
        await using WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill("HEAD {app}/smugg1ed HTTP/1.1\r\n{head}\r\n"));
        Assert.Equal(200, (await client.ReadAsync(toHead: true))?.Status);
        await client.SendAsync(WireHost.Fill("GET {app}/own HTTP/1.1\r\n{head}\r\n"));
        Assert.Equal("/own", (await client.ReadAsync())?.Body);
        await wire.VictimsAsync();
    }

    [Theory]
    [InlineData(Ok + "Content-Length: 5\r\n\r\nearly", 200)]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nearly", 403)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nearly", 403)]
    public async Task S13_S18_answer_before_the_request_has_ended_is_relayed_and_its_rest_is_nobodys(string raw, int status)
    {
        wire.Toy.Script = request => request.Target == "/rude" ? new ToyAnswer(raw, Early: true) : ToyServer.Echo(request);
        await using WireClient client = await wire.ConnectAsync();
        string rest = WireHost.Fill("GET {app}/smuggled HTTP/1.1\r\n{head}\r\n");
        await client.SendAsync(WireHost.Fill($"POST {{app}}/rude HTTP/1.1\r\n{{head}}Content-Length: {rest.Length + 1}\r\n\r\nx"));
        await client.SendAsync(rest);
        WireAnswer? answer = await client.ReadAsync();
        Assert.Equal((status, "early"), (answer?.Status ?? 0, answer?.Body));
        await client.SendAsync(WireHost.Fill("GET {app}/own HTTP/1.1\r\n{head}\r\n"));
        Assert.Equal("/own", (await client.ReadAsync())?.Body);
        await wire.VictimsAsync();
    }

    private static async Task<bool> EndsCleanlyAsync(WireClient client, int status)
    {
        try
        {
            return (await client.ReadAsync())?.Status == status;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
    }

    private async Task<WireClient> AskAsync(ToyAnswer answer)
    {
        wire.Toy.Script = request => request.Target == "/rude" ? answer : ToyServer.Echo(request);
        WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill("GET {app}/rude HTTP/1.1\r\n{head}\r\n"));
        return client;
    }
}
