namespace InterCluster.Api.Tests.Wire;

/// <summary>RELIABILITY I25, I28, S15, S16: no tunnel for what only looks like a WebSocket, and none for who breaks its protocol.</summary>
public sealed class WebSocketTests(WireHost wire) : IClassFixture<WireHost>
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    private const string Asks = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    private const string Open = $"GET {{app}}/ws HTTP/1.1\r\n{{head}}{Asks}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\n";

    public static TheoryData<string, byte[], int> Violations() => new()
    {
        { "I25 one frame over the limit", [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4], 1009 },
        { "I25 length 2^63", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1002 },
        { "I25 length 2^63 - 1", [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], 1009 },
        { "I25 unmasked", [0x82, 0x01, 0x41], 1002 },
        { "I25 reserved bit", [0xC2, 0x81, 0, 0, 0, 0, 0x41], 1002 },
        { "I25 reserved opcode", [0x83, 0x81, 0, 0, 0, 0, 0x41], 1002 },
        { "I25 reserved control opcode", [0x8B, 0x80, 0, 0, 0, 0], 1002 },
        { "I25 fragmented ping", [0x09, 0x80, 0, 0, 0, 0], 1002 },
        { "I25 ping over 125 bytes", [0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002 },
        { "I25 continuation of nothing", [0x80, 0x81, 0, 0, 0, 0, 0x41], 1002 },
        { "I25 new message inside a message", [0x02, 0x80, 0, 0, 0, 0, 0x82, 0x80, 0, 0, 0, 0], 1002 },
        { "I25 fragments without an end", Fragments(), 1009 },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Violation_closes_the_socket_with_its_code(string name, byte[] frames, int code)
    {
        Assert.NotEmpty(name);
        await using WireClient client = await OpenAsync("");
        await client.SendAsync(System.Text.Encoding.Latin1.GetString(frames));
        byte[] all = await client.ReadBytesAsync(200_000);
        // What was sound before it may have been echoed; the last frame is the close frame.
        Assert.Equal([0x88, 2, (byte)(code >> 8), (byte)code], all[^4..]);
        await wire.VictimsAsync();
    }

    [Fact]
    public async Task I28_compression_is_not_negotiated_and_frames_pass()
    {
        await using WireClient client = await OpenAsync("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
        await client.SendAsync("\u0082\u0081\0\0\0\0A");
        Assert.Equal([0x82, 1, (byte)'A'], await client.ReadBytesAsync(3));
    }

    [Theory]
    [InlineData("version 12", Asks + $"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: {Key}\r\n")]
    [InlineData("no version", Asks + $"Sec-WebSocket-Key: {Key}\r\n")]
    [InlineData("no key", Asks + "Sec-WebSocket-Version: 13\r\n")]
    [InlineData("short key", Asks + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n")]
    [InlineData("two keys", Asks + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\nSec-WebSocket-Key: {Key}\r\n")]
    [InlineData("body", Asks + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\nContent-Length: 5\r\n", "hello")]
    [InlineData("chunked body", Asks + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")]
    public Task S16_handshake_that_is_not_sound_is_400(string name, string headers, string body = "")
    {
        Assert.NotEmpty(name);
        return wire.RefusesAsync($"GET {{app}}/ws HTTP/1.1\r\n{{head}}{headers}\r\n{body}", 400);
    }

    [Theory]
    [InlineData("refused", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403)]
    [InlineData("answered as a page", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200)]
    [InlineData("wrong accept", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", 502)]
    [InlineData("no accept", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502)]
    [InlineData("other protocol", $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: {Accept}\r\n\r\n", 502)]
    public async Task S16_replica_that_did_not_accept_gets_no_tunnel(string name, string answer, int status)
    {
        Assert.NotEmpty(name);
        wire.Toy.Script = request => request.Target == "/ws" ? new ToyAnswer(answer) : ToyServer.Echo(request);
        int complete = wire.Toy.Complete.Count;
        await using WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill(Open + "\r\n"));
        Assert.Equal(status, (await client.ReadAsync())?.Status);
        // In a tunnel the replica would take this for a request of its own; here it is one, and is judged as one.
        await client.SendAsync("GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n");
        Assert.True(await client.ReadAsync() is null or { Status: 404 });
        await wire.VictimsAsync();
        Assert.Equal(complete + 1 + WireHost.VictimsEach, wire.Toy.Complete.Count);
    }

    [Theory]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")]
    [InlineData("Connection: Upgrade\r\nUpgrade: TLS/1.3\r\n")]
    [InlineData("Connection: HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")]
    public async Task S15_other_upgrades_are_ordinary_requests(string headers)
    {
        (ToyRequest got, _) = await wire.PassesAsync($"GET {{app}}/f HTTP/1.1\r\n{{head}}{headers}\r\n");
        Assert.Null(got.Header("Upgrade"));
        Assert.Null(got.Header("HTTP2-Settings"));
    }

    private async Task<WireClient> OpenAsync(string headers)
    {
        WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill(Open + headers + "\r\n", "app"));
        WireAnswer answer = Assert.IsType<WireAnswer>(await client.ReadAsync());
        Assert.Equal((101, Accept), (answer.Status, answer.Header("Sec-WebSocket-Accept")));
        Assert.Null(answer.Header("Sec-WebSocket-Extensions"));
        return client;
    }

    private static byte[] Fragments()
    {
        byte[] first = [0x02, 0xFE, 0x40, 0x00, 0, 0, 0, 0, .. new byte[0x4000]];
        byte[] next = [0x00, 0xFE, 0x40, 0x00, 0, 0, 0, 0, .. new byte[0x4000]];
        return [.. first, .. next, .. next, .. next, .. next];
    }
}
