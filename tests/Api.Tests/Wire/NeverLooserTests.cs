using InterCluster.Api.Tests.Gateway;

namespace InterCluster.Api.Tests.Wire;

/// <summary>
/// RELIABILITY S20: the known ideas of smuggling, each sent to a bare server and to the gateway. What the bare server refuses, the gateway refuses; and what
/// is ambiguous enough to be refused by one of them is never passed on as two requests.
/// </summary>
public sealed class NeverLooserTests(WireHost wire) : IClassFixture<WireHost>
{
    private const string Post = "POST {app}/f HTTP/1.1\r\n{head}";
    private const string Get = "GET {app}/f HTTP/1.1\r\n{head}";
    private const string Next = "GET {app}/next HTTP/1.1\r\n{head}\r\n";

    public static TheoryData<string> Ideas =>
    [
        // Two lengths, or a length and a coding.
        Post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + Next,
        Post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345" + Next,
        Post + "Content-Length: 5, 6\r\n\r\n12345" + Next,
        Post + "Content-Length: 5 6\r\n\r\n12345" + Next,
        Post + "Content-Length: +5\r\n\r\n12345" + Next,
        Post + "Content-Length: -5\r\n\r\n12345" + Next,
        Post + "Content-Length: 0x5\r\n\r\n12345" + Next,
        Post + "Content-Length: 5_0\r\n\r\n12345" + Next,
        Post + "Content-Length: 5.0\r\n\r\n12345" + Next,
        Post + "Content-Length: 1e1\r\n\r\n12345" + Next,
        Post + "Content-Length:\r\n\r\n" + Next,
        Post + "Content-Length: five\r\n\r\n12345" + Next,
        Post + "Content-Length: 18446744073709551621\r\n\r\n12345" + Next,
        Post + "Content-Length: 9223372036854775808\r\n\r\n12345" + Next,
        // Codings that are not quite chunked.
        Post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chu\0nked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding\r\n: chunked\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Next,
        // Chunks.
        Post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1_0\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n100000001\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1;x\ny\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1;x\ry\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n1;x=\"\r\n\"\r\na\r\n0\r\n\r\n" + Next,
        Post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n" + Next,
        // Line ends and names.
        "POST {app}/f HTTP/1.1\n{head}\r\n" + Next,
        Get + "X: y\n\r\n" + Next,
        Get + "X: y\rZ: a\r\n\r\n" + Next,
        Get + "X\0: y\r\n\r\n" + Next,
        Get + "X: y\0z\r\n\r\n" + Next,
        Get + "X y: z\r\n\r\n" + Next,
        Get + "X: y\r\n folded\r\n\r\n" + Next,
        Get + ": no name\r\n\r\n" + Next,
        Get + "no colon\r\n\r\n" + Next,
        Get + "(X): y\r\n\r\n" + Next,
        // Hosts and targets.
        "GET {app}/f HTTP/1.1\r\nAuthorization: Bearer good\r\n\r\n" + Next,
        "GET {app}/f HTTP/1.1\r\n{head}Host: other\r\n\r\n" + Next,
        "GET {app}/f HTTP/1.1\r\nHost: a b\r\nAuthorization: Bearer good\r\n\r\n" + Next,
        "GET {app}/f HTTP/1.1\r\nHost: a/b\r\nAuthorization: Bearer good\r\n\r\n" + Next,
        "GET {app}/f\0 HTTP/1.1\r\n{head}\r\n" + Next,
        "GET {app}/a b HTTP/1.1\r\n{head}\r\n" + Next,
        "GET {app}/f HTTP/1.1 x\r\n{head}\r\n" + Next,
        "GET {app}/f HTTP/1.2\r\n{head}\r\n" + Next,
        "GET {app}/f HTTP/3.0\r\n{head}\r\n" + Next,
        "GET {app}/f http/1.1\r\n{head}\r\n" + Next,
        "G(T {app}/f HTTP/1.1\r\n{head}\r\n" + Next,
        "GET  {app}/f HTTP/1.1\r\n{head}\r\n" + Next,
        "GET\t{app}/f HTTP/1.1\r\n{head}\r\n" + Next,
        " GET {app}/f HTTP/1.1\r\n{head}\r\n" + Next,
        "\r\n\r\n\0GET {app}/f HTTP/1.1\r\n{head}\r\n" + Next,
        // Bodies where there is none, and expectations.
        "GET {app}/f HTTP/1.1\r\n{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Next,
        "HEAD {app}/f HTTP/1.1\r\n{head}Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + Next,
        Post + "Expect: 200-ok\r\nContent-Length: 5, 0\r\n\r\n" + Next,
        "POST {app}/f HTTP/1.0\r\n{head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + Next,
    ];

    [Theory]
    [MemberData(nameof(Ideas))]
    public async Task S20_what_the_bare_server_refuses_the_gateway_refuses(string idea)
    {
        await using TestReplica bare = await TestReplica.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentLength = 0;
        });
        bool bareTakes = await TakesAsync(new Uri(bare.Address), idea);

        // Behind what is refused stands no request, whatever it looks like: the victims' check knows it by this name.
        string sent = bareTakes ? idea : idea.Replace("/next", "/smuggled", StringComparison.Ordinal);
        foreach (string app in WireHost.Apps)
        {
            bool taken = await TakesAsync(wire.Gateway.Address, WireHost.Fill(sent, app));
            Assert.True(bareTakes || !taken, "The gateway took what the bare server refuses.");
        }

        // Those who come next get their own answers, and nothing that was hidden in the idea was run as a request.
        if (!bareTakes)
        {
            await wire.VictimsAsync();
        }
    }

    private static async Task<bool> TakesAsync(Uri address, string request)
    {
        await using WireClient client = await WireClient.ConnectAsync(address);
        await client.SendAsync(WireHost.Fill(request, "app"));
        WireAnswer? answer = await client.ReadAsync();
        return answer is { Status: < 400 };
    }
}
