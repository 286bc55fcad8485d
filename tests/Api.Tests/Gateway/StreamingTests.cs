using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using InterCluster.Core.Apps;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>Bodies pass through in both directions as they come: nothing is gathered, nothing held back.</summary>
public sealed class StreamingTests
{
    [Fact]
    public async Task Event_stream_opens_before_its_first_event_and_each_event_arrives_at_once()
    {
        Channel<string> events = Channel.CreateUnbounded<string>();
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await foreach (string data in events.Reader.ReadAllAsync())
            {
                await context.Response.WriteAsync($"data: {data}\n\n");
                await context.Response.Body.FlushAsync();
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();

        using HttpResponseMessage response = await client.GetAsync("/v4/p-one/app/f", HttpCompletionOption.ResponseHeadersRead).Within();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        foreach (string data in new[] { "one", "two", "three" })
        {
            await events.Writer.WriteAsync(data);
            Assert.Equal($"data: {data}", await lines.ReadLineAsync().Within());
            Assert.Equal("", await lines.ReadLineAsync().Within());
        }

        events.Writer.Complete();
        Assert.Null(await lines.ReadLineAsync().Within());
    }

    [Theory]
    [InlineData("1.1", ReplicaProtocol.Http1)]
    [InlineData("2.0", ReplicaProtocol.Http1)]
    [InlineData("2.0", ReplicaProtocol.Http2)]
    [InlineData("1.1", ReplicaProtocol.Http2)]
    public async Task Upload_reaches_the_replica_before_it_has_ended(string version, ReplicaProtocol protocol)
    {
        Channel<string> got = Channel.CreateUnbounded<string>();
        await using TestReplica replica = await TestReplica.StartAsync(
            async context =>
            {
                using var lines = new StreamReader(context.Request.Body);
                while (await lines.ReadLineAsync() is { } line)
                {
                    await got.Writer.WriteAsync(line);
                }

                await context.Response.WriteAsync(context.Request.Protocol);
            },
            ProtocolsOf(protocol));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address, protocol: protocol);
        using HttpClient client = gateway.Client();
        var body = new PushedContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v4/p-one/app/f")
        {
            Content = body, Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Task<HttpResponseMessage> call = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        foreach (string line in new[] { "one", "two" })
        {
            await body.PushAsync(line + "\n");
            Assert.Equal(line, await got.Reader.ReadAsync().AsTask().Within());
        }

        body.End();
        using HttpResponseMessage response = await call.Within();
        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Equal(protocol == ReplicaProtocol.Http2 ? "HTTP/2" : "HTTP/1.1", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Trailers_of_an_http2_replica_reach_an_http2_caller()
    {
        await using TestReplica replica = await TestReplica.StartAsync(
            async context =>
            {
                context.Response.DeclareTrailer("X-Sum");
                await context.Response.WriteAsync("body");
                context.Response.AppendTrailer("X-Sum", "42");
            },
            HttpProtocols.Http2);
        await AssertTrailerAsync(replica.Address, ReplicaProtocol.Http2);
    }

    [Fact]
    public async Task Trailers_of_a_chunked_answer_reach_an_http2_caller()
    {
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n");
        });
        await AssertTrailerAsync(replica.Address, ReplicaProtocol.Http1);
    }

    [Fact]
    public async Task Slow_reader_of_a_large_stream_holds_the_replica_back_and_not_the_memory()
    {
        const int Megabyte = 1 << 20;
        long written = 0;
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            byte[] block = new byte[64 * 1024];
            for (long left = 200 * Megabyte; left > 0 && !context.RequestAborted.IsCancellationRequested; left -= block.Length)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
                Interlocked.Add(ref written, block.Length);
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using RawPeer client = await RawPeer.ConnectAsync(gateway.Address, receiveBuffer: 64 * 1024);
        await client.SendAsync("GET /v4/p-one/app/f HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer good\r\n\r\n");
        byte[] buffer = new byte[64 * 1024];
        long read = 0;

        while (read < 2 * Megabyte)
        {
            read += await client.ReadAsync(buffer);
        }

        // All that lies between the two ends is in socket buffers and in the pipes of two servers: it does not grow with what was sent.
        long between = Interlocked.Read(ref written) - read;
        Assert.InRange(between, 0, 24 * Megabyte);
        while (read < 64 * Megabyte)
        {
            int got = await client.ReadAsync(buffer);
            Assert.NotEqual(0, got);
            read += got;
        }

        Assert.InRange(Interlocked.Read(ref written) - read, 0, 24 * Megabyte);
    }

    private static HttpProtocols ProtocolsOf(ReplicaProtocol protocol) => protocol == ReplicaProtocol.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1;

    [Fact]
    public async Task Trailers_end_at_an_http1_caller_and_its_answer_is_whole_without_them()
    {
        // Our server writes none on HTTP/1.1 (RFC 9110, 6.5.1 lets an intermediary drop them); what must not happen is that one becomes a header or a part of the body.
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            while (await peer.ReadHeadAsync() is not null)
            {
                await peer.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();

        for (int i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v4/p-one/app/f") { Headers = { TE = { new("trailers") } } };
            using HttpResponseMessage response = await client.SendAsync(request).Within();

            Assert.Equal(new Version(1, 1), response.Version);
            Assert.Equal("body", await response.Content.ReadAsStringAsync());
            Assert.Empty(response.TrailingHeaders);
            Assert.False(response.Headers.Contains("X-Sum"));
        }

        Assert.Equal(1, replica.Connections);
    }

    private static async Task AssertTrailerAsync(string address, ReplicaProtocol protocol)
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", address, protocol: protocol);
        using HttpClient client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v4/p-one/app/f")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using HttpResponseMessage response = await client.SendAsync(request).Within();

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
    }

    /// <summary>A body that the test sends piece by piece.</summary>
    private sealed class PushedContent : HttpContent
    {
        private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

        public ValueTask PushAsync(string text) => _pieces.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));

        public void End() => _pieces.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await foreach (byte[] piece in _pieces.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
