using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Wire;
using InterCluster.Testing.Postgres;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>What a hop must not change: streams of gRPC, sockets and their good-byes, logs that are followed, requests at the limits.</summary>
public sealed class HopProtocolTests(PostgresServer database) : IAsyncLifetime
{
    private const int HeaderLimit = 32 * 1024;
    private const int LineLimit = 8 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private Gateways _gateways = null!;
    private HopReplica _replica = null!;
    private GatewayProcess _home = null!;
    private GatewayProcess _other = null!;

    public async ValueTask InitializeAsync()
    {
        _replica = await HopReplica.StartAsync();
        _gateways = await Gateways.StartAsync(database, 2);
        (_home, _other) = await _gateways.DeployApartAsync("app", _replica.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateways.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    public async Task Grpc_streams_both_ways_keep_their_status_and_are_cancelled_through_a_hop()
    {
        await using HopReplica sums = await HopReplica.StartAsync(HttpProtocols.Http2);
        (GatewayProcess home, GatewayProcess other) = await _gateways.DeployApartAsync("sums", sums.Address, "[intercluster.runtime.custom]\nprotocol = \"http2\"\n");
        using GrpcChannel channel = Channel(other);
        var client = new Sums.SumsClient(channel);
        var token = new Metadata { { "Authorization", other.Client.DefaultRequestHeaders.Authorization!.ToString() } };

        Assert.Equal(5, (await client.AddAsync(new Pair { Left = 2, Right = 3 }, token).ResponseAsync.WaitAsync(Limit)).Value);
        RpcException failed = await Assert.ThrowsAsync<RpcException>(() => client.AddAsync(new Pair { Left = int.MaxValue, Right = 1 }, token).ResponseAsync.WaitAsync(Limit));
        Assert.Equal((StatusCode.OutOfRange, "too large", "checked"), (failed.StatusCode, failed.Status.Detail, failed.Trailers.GetValue("x-why")));

        using (AsyncDuplexStreamingCall<Number, Sum> call = client.Running(token))
        {
            await call.ResponseHeadersAsync.WaitAsync(Limit);
            for (int i = 1, total = 0; i <= 5; i++)
            {
                await call.RequestStream.WriteAsync(new Number { Value = i });
                Assert.True(await call.ResponseStream.MoveNext().WaitAsync(Limit));
                Assert.Equal(total += i, call.ResponseStream.Current.Value);
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext().WaitAsync(Limit));
            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        }

        using (AsyncDuplexStreamingCall<Number, Sum> left = client.Running(token))
        {
            await left.RequestStream.WriteAsync(new Number { Value = 1 });
            Assert.True(await left.ResponseStream.MoveNext().WaitAsync(Limit));
            Assert.Equal(1, (await home.AppAsync("sums")).Live!.InFlight);
        }

        await Support.Until.TrueAsync(async () => (await home.AppAsync("sums")).Live!.InFlight == 0, "the replica has let go of the call that was left");
        Assert.True(await other.MetricAsync("intercluster_homes_hops", "passed") >= 3);
    }

    [Fact]
    public async Task A_request_at_the_limits_passes_a_hop_and_one_above_them_is_refused_the_same_by_both()
    {
        foreach (GatewayProcess gateway in _gateways.All)
        {
            int bare = HeaderBytes(gateway, []);
            int room = HeaderLimit - bare - "X-Big: \r\n".Length;
            Assert.Equal((HttpStatusCode.OK, $"{room} 0 4"), await HeadAsync(gateway, "big", ("X-Big", new string('b', room))));
            // What stands between the name and the value is not counted: a few bytes more may pass.
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await HeadAsync(gateway, "big", ("X-Big", new string('b', room + 50)))).Status);

            // Host and Authorization are two of the hundred.
            Assert.Equal((HttpStatusCode.OK, "0 98 4"), await HeadAsync(gateway, "big", Many(98)));
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await HeadAsync(gateway, "big", Many(99))).Status);

            int rest = LineLimit - $"GET {Path("big/")} HTTP/1.1\r\n".Length;
            Assert.Equal((HttpStatusCode.OK, $"0 0 {"/big/".Length + rest}"), await HeadAsync(gateway, "big/" + new string('p', rest)));
            Assert.Equal(HttpStatusCode.RequestUriTooLong, (await HeadAsync(gateway, "big/" + new string('p', rest + 1))).Status);
        }

        Assert.True(await _other.MetricAsync("intercluster_homes_hops", "passed") >= 3);
    }

    [Theory]
    [InlineData(10_000_000, false)]
    [InlineData(9_990_000, true)] // The server counts the frames of the chunks too.
    public async Task A_body_of_the_limit_passes_a_hop_and_one_above_it_is_refused_the_same_by_both(int most, bool chunked)
    {
        foreach (GatewayProcess gateway in _gateways.All)
        {
            Assert.Equal((HttpStatusCode.OK, $"{most}"), await UploadAsync(gateway, most, chunked));
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await UploadAsync(gateway, 10_000_001, chunked)).Status);
        }
    }

    [Fact]
    public async Task Close_frames_of_either_end_and_a_break_pass_a_hop_as_they_do_without()
    {
        foreach (GatewayProcess gateway in _gateways.All)
        {
            using (ClientWebSocket leaves = await ConnectAsync(gateway))
            {
                await leaves.CloseAsync((WebSocketCloseStatus)4001, "done with it", default).WaitAsync(Limit);
                Assert.Equal("4001 done with it", await _replica.CloseAsync());
                Assert.Equal((4001, "done with it"), ((int)leaves.CloseStatus!, leaves.CloseStatusDescription));
            }

            using (ClientWebSocket told = await ConnectAsync(gateway))
            {
                WebSocketReceiveResult close = await AskAsync(told, "close");
                Assert.Equal((WebSocketMessageType.Close, 4002, "enough"), (close.MessageType, (int)close.CloseStatus!, close.CloseStatusDescription));
                await told.CloseOutputAsync((WebSocketCloseStatus)4002, "enough", default);
                Assert.Equal("4002 enough", await _replica.CloseAsync());
            }

            using (ClientWebSocket broken = await ConnectAsync(gateway))
            {
                await Assert.ThrowsAsync<WebSocketException>(() => AskAsync(broken, "abort"));
            }

            using (ClientWebSocket breaks = await ConnectAsync(gateway))
            {
                breaks.Abort();
                Assert.Equal("broken", await _replica.CloseAsync());
            }
        }

        await Support.Until.TrueAsync(async () => (await _home.AppAsync("app")).Live!.InFlight == 0, "every socket has given its slot back");
    }

    [Theory]
    [InlineData(false, 1001)]
    [InlineData(true, 1012)] // The app moves, and its client comes back to the replica's next gateway.
    public async Task A_gateway_that_stops_says_goodbye_to_both_ends_of_a_socket_that_passes_it(bool home, int expected)
    {
        using ClientWebSocket socket = await ConnectAsync(_other);
        GatewayProcess stopped = home ? _home : _other;
        stopped.Terminate();

        WebSocketReceiveResult close = await socket.ReceiveAsync(new byte[100], default).WaitAsync(Limit);
        Assert.Equal((WebSocketMessageType.Close, expected), (close.MessageType, (int)close.CloseStatus!));
        await socket.CloseOutputAsync(close.CloseStatus!.Value, "", default);
        Assert.StartsWith($"{expected}", await _replica.CloseAsync(), StringComparison.Ordinal);
        await stopped.ExitedAsync().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_log_is_followed_through_a_hop_line_by_line_and_ends_with_its_home()
    {
        await Support.Until.TrueAsync(async () => (await _home.AppAsync("app")).Live!.ReadyReplicas == 1, "the replica is ready");
        using HttpResponseMessage answer = await _other.Control.GetAsync(
            $"/api/v1/projects/{GatewayProcess.Project}/apps/app/logs?follow=true&tail=0", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limit);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        string first = (await ReplicasAsync()).Single().Id;

        await using HopReplica second = await HopReplica.StartAsync();
        await _other.DeployAsync("app", $"{_replica.Address}\", \"{second.Address}");
        string replica;
        do
        {
            string line = (await lines.ReadLineAsync().WaitAsync(Limit))!;
            replica = line.Length == 0 ? first : System.Text.Json.JsonSerializer.Deserialize<LogLineView>(line, WireJson.Options)!.Replica;
        }
        while (replica == first);
        Assert.Contains(await ReplicasAsync(), r => r.Id == replica);

        await _home.KillAsync();
        Assert.Null(await EndOfAsync(lines).WaitAsync(Limit));
    }

    private async Task<IReadOnlyList<ReplicaView>> ReplicasAsync() =>
        (await _other.Control.GetFromJsonAsync<ReplicaListView>($"/api/v1/projects/{GatewayProcess.Project}/apps/app/replicas", WireJson.Options))!.Replicas;

    private static async Task<string?> EndOfAsync(StreamReader lines)
    {
        try
        {
            while (await lines.ReadLineAsync() is not null)
            {
            }
        }
        catch (Exception e) when (e is HttpIOException or IOException)
        {
            // An end that was not meant is told as one.
        }

        return null;
    }

    private static string Path(string rest) => $"/v4/{GatewayProcess.Project}/app/{rest}";

    private static (string, string)[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => ($"X-Many-{i}", "v"))];

    /// <summary>The header block as the client below writes it.</summary>
    private static int HeaderBytes(GatewayProcess gateway, (string Name, string Value)[] more) =>
        $"Host: {gateway.Address.Authority}\r\nAuthorization: {gateway.Client.DefaultRequestHeaders.Authorization}\r\n\r\n".Length + more.Sum(h => h.Name.Length + h.Value.Length + 4);

    private static async Task<(HttpStatusCode Status, string Body)> HeadAsync(GatewayProcess gateway, string path, params (string Name, string Value)[] more)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path(path));
        foreach ((string name, string value) in more)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage answer = await gateway.Client.SendAsync(request).WaitAsync(Limit);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<(HttpStatusCode Status, string Body)> UploadAsync(GatewayProcess gateway, int size, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path("size")) { Content = new ByteArrayContent(new byte[size]) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request).WaitAsync(Limit);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<ClientWebSocket> ConnectAsync(GatewayProcess gateway)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", gateway.Client.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}{Path("socket")}"), default).WaitAsync(Limit);
        Assert.Equal(5, (await AskAsync(socket, "hello")).Count);
        return socket;
    }

    private static async Task<WebSocketReceiveResult> AskAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, default).WaitAsync(Limit);
        return await socket.ReceiveAsync(new byte[100], default).WaitAsync(Limit);
    }

    /// <summary>A client that knows the app by its host name; where that leads is the test's own affair.</summary>
    private static GrpcChannel Channel(GatewayProcess gateway) => GrpcChannel.ForAddress(
        $"http://sums.{GatewayProcess.Project}.example",
        new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, ct) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, ct);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });
}
