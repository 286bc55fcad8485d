using System.Net;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>A call reaches at most one replica, once; and what broke is never passed off as whole.</summary>
public sealed class NoResendTests
{
    [Theory]
    [InlineData("GET", false)]
    [InlineData("GET", true)]
    [InlineData("DELETE", true)]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    public async Task Replica_that_takes_a_request_and_closes_sees_it_once(string method, bool onUsedConnection)
    {
        int seen = 0;
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            while (await peer.ReadHeadAsync() is { } head)
            {
                if (head.Contains(" /die", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref seen);
                    return;
                }

                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();
        for (int i = 0; onUsedConnection && i < 2; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v4/p-one/app/warm")).StatusCode);
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), "/v4/p-one/app/die");
        using HttpResponseMessage response = await client.SendAsync(request);

        await response.AssertProblemAsync(502, ProblemCodes.ReplicaUnreachable);
        Assert.Equal(1, seen);
        Assert.Empty(gateway.Faults.Reported);
    }

    [Fact]
    public async Task Call_whose_idle_connection_has_gone_is_sent_on_a_new_one_once()
    {
        int seen = 0;
        using var closed = new SemaphoreSlim(0);
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            // Each connection is good for one answer, and says nothing of its end.
            if (await peer.ReadHeadAsync() is not null)
            {
                Interlocked.Increment(ref seen);
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                peer.Dispose();
                closed.Release();
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();

        for (int i = 1; i <= 20; i++)
        {
            using HttpResponseMessage response = await client.GetAsync("/v4/p-one/app/f");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(i, Volatile.Read(ref seen));
            await closed.WaitAsync().Within();
        }
    }

    [Fact]
    public async Task Request_without_a_body_is_not_sent_again_where_no_stream_guards_the_connection()
    {
        int seen = 0;
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            if (await peer.ReadHeadAsync() is not null)
            {
                Interlocked.Increment(ref seen);
            }
        });
        using var invoker = new HttpMessageInvoker(new Forwarding.BodylessOnce(new SocketsHttpHandler { UseProxy = false }));

        await Assert.ThrowsAsync<HttpRequestException>(() => invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, replica.Address), CancellationToken.None));

        Assert.Equal(1, seen);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nonly ten b", "only ten b")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\na\r\nonly ten b\r\n", "only ten b")]
    public async Task Answer_that_breaks_off_is_broken_for_the_caller_too(string rest, string part)
    {
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\n{rest}");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();

        using HttpResponseMessage response = await client.GetAsync("/v4/p-one/app/f", HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] got = new byte[100];
        int length = 0;

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await body.ReadAsync(got.AsMemory(length)) is var read && read > 0)
            {
                length += read;
            }
        }).Within();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith(System.Text.Encoding.ASCII.GetString(got, 0, length), part, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_that_comes_before_the_body_was_read_reaches_the_caller(bool lengthIsKnown)
    {
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            // Closed with the body unread: the gateway's writing fails.
            await peer.SendAsync("HTTP/1.1 413 Too Much\r\nContent-Length: 8\r\nX-From: replica\r\n\r\ntoo much");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v4/p-one/app/f") { Content = new ByteArrayContent(new byte[9_000_000]) };
        request.Headers.TransferEncodingChunked = !lengthIsKnown;

        using HttpResponseMessage response = await client.SendAsync(request).Within();

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("replica", Assert.Single(response.Headers.GetValues("X-From")));
        Assert.Equal("too much", await response.Content.ReadAsStringAsync());
        Assert.Empty(gateway.Faults.Reported);
    }

    [Fact]
    public async Task Replica_that_answers_nonsense_is_a_bad_gateway_and_is_asked_once()
    {
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("220 ftp.example ready\r\n\r\n");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();

        using HttpResponseMessage response = await client.GetAsync("/v4/p-one/app/f");

        await response.AssertProblemAsync(502, ProblemCodes.ReplicaUnreachable);
        Assert.Equal(1, replica.Connections);
    }
}
