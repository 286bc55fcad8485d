namespace InterCluster.Api.Tests.Wire;

/// <summary>RELIABILITY B.6: each refused with its status, before a replica sees anything of it.</summary>
public sealed class BadInputTests(WireHost wire) : IClassFixture<WireHost>
{
    private const string Get = "GET {app}/f HTTP/1.1\r\n{head}";
    private const string Post = "POST {app}/f HTTP/1.1\r\n{head}";

    public static TheoryData<string, string, int> Unreadable() => new()
    {
        { "I01 request line over 8 KiB", $"GET {{app}}/{new string('a', 9000)} HTTP/1.1\r\n{{head}}\r\n", 414 },
        { "I02 header block over 32 KiB", $"{Get}X-Big: {new string('a', 33_000)}\r\n\r\n", 431 },
        { "I02 over 100 headers", Get + string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: 1\r\n")) + "\r\n", 431 },
        { "I03 no Host", "GET {app}/f HTTP/1.1\r\nAuthorization: Bearer good\r\n\r\n", 400 },
        { "I03 two Hosts", Get + "Host: gateway\r\n\r\n", 400 },
        { "I03 Host with a space", "GET {app}/f HTTP/1.1\r\nHost: a b\r\nAuthorization: Bearer good\r\n\r\n", 400 },
        { "I03 Host with a path", "GET {app}/f HTTP/1.1\r\nHost: a/b\r\nAuthorization: Bearer good\r\n\r\n", 400 },
        { "I03 Host with a user", "GET {app}/f HTTP/1.1\r\nHost: u@a\r\nAuthorization: Bearer good\r\n\r\n", 400 },
        { "I04 HTTP/2.0 as text", "GET {app}/f HTTP/2.0\r\n{head}\r\n", 505 },
        { "I04 HTTP/0.9 as text", "GET {app}/f HTTP/0.9\r\n{head}\r\n", 505 },
        { "I04 no version", "GET {app}/f\r\n", 400 },
        { "I05 asterisk form", "GET * HTTP/1.1\r\n{head}\r\n", 405 },
        { "I05 authority form", "GET gateway:80 HTTP/1.1\r\n{head}\r\n", 405 },
        { "I06 absolute form with another host", "GET http://other{app}/f HTTP/1.1\r\n{head}\r\n", 400 },
        { "I06 absolute form with a user", "GET http://u@gateway{app}/f HTTP/1.1\r\n{head}\r\n", 400 },
        { "I07 NUL in the target", "GET {app}/f\0g HTTP/1.1\r\n{head}\r\n", 400 },
        { "I07 NUL in a header", Get + "X-A: a\0b\r\n\r\n", 400 },
        { "I07 CR in a header", Get + "X-A: a\rb\r\n\r\n", 400 },
        { "I07 raw byte above ASCII in the target", "GET {app}/f\u00e9 HTTP/1.1\r\n{head}\r\n", 400 },
        { "I08 escape character in the path", "GET {app}/f\u001bg HTTP/1.1\r\n{head}\r\n", 400 },
        { "I08 control character in the path's tail", "GET {app}/f/\u0001 HTTP/1.1\r\n{head}\r\n", 400 },
        { "I08 DEL in the path", "GET {app}/f\u007f HTTP/1.1\r\n{head}\r\n", 400 },
        { "I08 tab in the query", "GET {app}/f?a\tb HTTP/1.1\r\n{head}\r\n", 400 },
        { "I09 body over the limit by Content-Length", Post + "Content-Length: 100001\r\n\r\n", 413 },
        { "I16 async=TRUE", "POST {app}/f?async=TRUE HTTP/1.1\r\n{head}\r\n", 400 },
        { "I16 async=1", "POST {app}/f?async=1 HTTP/1.1\r\n{head}\r\n", 400 },
        { "I16 async twice", "POST {app}/f?async=true&async=false HTTP/1.1\r\n{head}\r\n", 400 },
        { "I16 async without a value", "POST {app}/f?async HTTP/1.1\r\n{head}\r\n", 400 },
        { "I19 Expect on what is refused", "POST {app}/f HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 401 },
        { "I19 unknown Expect", Post + "Expect: cake\r\nContent-Length: 5\r\n\r\n", 417 },
        { "I29 Last-Event-ID of 1 MiB", $"{Get}Last-Event-ID: {new string('7', 1 << 20)}\r\n\r\n", 431 },
        { "I29 Last-Event-ID with a newline", Get + "Last-Event-ID: 1\r\n2\r\n\r\n", 400 },
    };

    public static TheoryData<string, string, int> Unwanted() => new()
    {
        { "I20 TRACE", "TRACE {app}/f HTTP/1.1\r\n{head}\r\n", 405 },
        { "I20 unknown method", "FOO {app}/f HTTP/1.1\r\n{head}\r\n", 405 },
        { "I20 lower-case method", "get {app}/f HTTP/1.1\r\n{head}\r\n", 405 },
        { "I20 CONNECT", "CONNECT gateway:80 HTTP/1.1\r\nHost: gateway:80\r\n\r\n", 405 },
        { "I20 CONNECT with a path", "CONNECT {app}/f HTTP/1.1\r\n{head}\r\n", 405 },
        { "I17 async WebSocket", "GET {app}/f?async=true HTTP/1.1\r\n{head}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 400 },
        { "I17 async event stream", "GET {app}/f?async=true HTTP/1.1\r\n{head}Accept: text/event-stream\r\n\r\n", 400 },
        { "I17 async gRPC", "POST {app}/f?async=true HTTP/1.1\r\n{head}Content-Type: application/grpc\r\n\r\n", 400 },
        { "I18 empty key", "POST {app}/f?async=true HTTP/1.1\r\n{head}Idempotency-Key: \r\n\r\n", 400 },
        { "I18 key over 255", $"POST {{app}}/f?async=true HTTP/1.1\r\n{{head}}Idempotency-Key: {new string('k', 256)}\r\n\r\n", 400 },
        { "I18 tab in the key", "POST {app}/f?async=true HTTP/1.1\r\n{head}Idempotency-Key: a\tb\r\n\r\n", 400 },
        { "I18 two keys", "POST {app}/f?async=true HTTP/1.1\r\n{head}Idempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n", 400 },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public Task Request_that_cannot_be_read_is_refused_and_its_connection_ends(string name, string request, int status)
    {
        Assert.NotEmpty(name);
        return wire.RefusesAsync(request, status);
    }

    [Theory]
    [MemberData(nameof(Unwanted))]
    public async Task Request_that_asks_for_what_there_is_not_is_refused(string name, string request, int status)
    {
        Assert.NotEmpty(name);
        await wire.RefusesAsync(request, status, staysOpen: true);
        Assert.Equal(0, wire.Runs.Calls);
    }

    [Fact]
    public Task I09_body_over_the_limit_by_chunks_never_reaches_its_end() => wire.RefusesAsync(
        Post + "Transfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat($"2710\r\n{new string('a', 10_000)}\r\n", 11)), 413, inBody: true);

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public async Task I12_body_that_ends_too_soon_is_not_a_request_for_the_replica(string rest)
    {
        foreach (string app in WireHost.Apps)
        {
            (_, int complete) = wire.Seen();
            await using WireClient client = await wire.ConnectAsync();
            await client.SendAsync(WireHost.Fill(Post + rest, app));
            client.FinishSending();
            Assert.True(await client.ReadAsync() is null or { Status: 400 });
            await wire.VictimsAsync();
            Assert.Equal(complete + (WireHost.VictimsEach * 2), wire.Seen().Complete);
        }
    }

    [Fact]
    public async Task I19_expectation_of_an_accepted_request_is_met_by_the_gateway_and_not_passed_on()
    {
        await using WireClient client = await wire.ConnectAsync();
        await client.SendAsync(WireHost.Fill(Post + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
        Assert.Equal(100, (await client.ReadAsync())?.Status);
        await client.SendAsync("hello");
        Assert.Equal(200, (await client.ReadAsync())?.Status);
        ToyRequest got = wire.Toy.Complete.Last();
        Assert.Equal("hello", got.Body);
        Assert.Null(got.Header("Expect"));
    }

    [Fact]
    public async Task I21_method_override_does_not_change_the_method()
    {
        (ToyRequest got, _) = await wire.PassesAsync(Post + "X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n\r\n");
        Assert.StartsWith("POST /f ", got.Head, StringComparison.Ordinal);
    }
}
