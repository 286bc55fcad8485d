namespace InterCluster.Api.Tests.Wire;

/// <summary>Short limits, and one slot per app: a slot that a slow client kept would stop the next caller.</summary>
public sealed class ImpatientWireHost : WireHost
{
    protected override Dictionary<string, string?> Settings => new()
    {
        ["InterCluster:Gateway:RequestHeadersTimeout"] = "00:00:02",
        ["InterCluster:Gateway:KeepAliveTimeout"] = "00:00:02",
        ["InterCluster:Gateway:BodyRateGrace"] = "00:00:02",
    };

    protected override int Concurrency => 3;
}

/// <summary>RELIABILITY I10, I11, I27, S10: who sends too slowly is cut off, who has nothing to say is not.</summary>
public sealed class SlowClientTests(ImpatientWireHost wire) : IClassFixture<ImpatientWireHost>
{
    private const string Post = "POST {app}/f HTTP/1.1\r\n{head}";

    [Fact]
    public async Task Slow_requests_are_cut_off_while_silent_streams_stay_open()
    {
        await using WireClient socket = await wire.ConnectAsync();
        await socket.SendAsync(WireHost.Fill(
            "GET {app}/ws HTTP/1.1\r\n{head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "app"));
        Assert.Equal(101, (await socket.ReadAsync())?.Status);
        await using WireClient events = await wire.ConnectAsync();
        await events.SendAsync(WireHost.Fill("GET {app}/events HTTP/1.1\r\n{head}\r\n", "app"));
        Assert.Equal(200, (await events.ReadAsync(toHead: true))?.Status);
        (_, int complete) = wire.Seen();

        await Task.WhenAll(
            IsCutOffAsync("I10 no byte", "", null),
            IsCutOffAsync("I10 the beginning of HTTP/2", "PRI * HT", null),
            IsCutOffAsync("I10 half a request line", "GET {app}/f HT", 408),
            IsCutOffAsync("I10 headers without an end", "GET {app}/f HTTP/1.1\r\n{head}X-A: b", 408),
            IsCutOffAsync("I11 slow body", Post + "Content-Length: 1000\r\n\r\nhello", 408),
            IsCutOffAsync("S10 last chunk without the last CRLF", Post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", 408));
        await wire.VictimsAsync();
        Assert.Equal(complete + (2 * WireHost.VictimsEach), wire.Seen().Complete);

        // I27: as long as the limits above, and both still speak.
        await socket.SendAsync("\u0082\u0081\0\0\0\0A");
        Assert.Equal([0x82, 1, (byte)'A'], await socket.ReadBytesAsync(3));
        wire.RaiseEvent();
        Assert.Contains("data: late", System.Text.Encoding.Latin1.GetString(await events.ReadBytesAsync(16)), StringComparison.Ordinal);
    }

    private async Task IsCutOffAsync(string name, string request, int? status)
    {
        await using WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill(request));
        WireAnswer? answer = await client.ReadAsync();
        Assert.Equal((name, status), (name, answer?.Status));
        Assert.True(answer is null || await client.ReadAsync() is null, name);
    }
}
