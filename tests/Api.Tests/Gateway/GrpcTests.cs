using Grpc.Core;
using Grpc.Net.Client;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>gRPC by host name: a client library that knows nothing of the gateway calls an app that knows nothing of it either.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private readonly WebApplication _replica = BuildReplica();
    private GatewayHost _gateway = null!;
    private IAdmission _admission = null!;
    private Replica _entry = null!;
    private GrpcChannel _channel = null!;
    private Sums.SumsClient _sums = null!;

    private static Metadata Token => new() { { "Authorization", "Bearer good" } };

    public async ValueTask InitializeAsync()
    {
        await _replica.StartAsync();
        _gateway = await GatewayHost.StartAsync();
        _admission = _gateway.Deploy("sums");
        string address = _replica.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _entry = _gateway.AddReplica("sums", address, protocol: ReplicaProtocol.Http2);
        // The name is in the authority; where it leads is the test's own affair.
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(_gateway.Address.Host, _gateway.Address.Port, ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        };
        _channel = GrpcChannel.ForAddress("http://sums.p-one.example", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _sums = new Sums.SumsClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _gateway.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    public async Task Unary_call_is_answered_and_a_failure_keeps_its_status_and_its_trailers()
    {
        Assert.Equal(5, (await _sums.AddAsync(new Pair { Left = 2, Right = 3 }, Token).ResponseAsync.Within()).Value);

        RpcException failed = await Assert.ThrowsAsync<RpcException>(() => _sums.AddAsync(new Pair { Left = int.MaxValue, Right = 1 }, Token).ResponseAsync.Within());
        Assert.Equal(StatusCode.OutOfRange, failed.StatusCode);
        Assert.Equal("too large", failed.Status.Detail);
        Assert.Equal("checked", failed.Trailers.GetValue("x-why"));
    }

    [Fact]
    public async Task Server_stream_opens_before_its_first_message_and_each_message_arrives_at_once()
    {
        using AsyncServerStreamingCall<Number> call = _sums.CountTo(new Number { Value = 3 }, Token);
        await call.ResponseHeadersAsync.Within();

        for (int i = 1; i <= 3; i++)
        {
            await SumsReplica.Steps.Writer.WriteAsync(i);
            Assert.True(await call.ResponseStream.MoveNext().Within());
            Assert.Equal(i, call.ResponseStream.Current.Value);
        }

        Assert.False(await call.ResponseStream.MoveNext().Within());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Both_directions_stream_at_once()
    {
        using AsyncDuplexStreamingCall<Number, Sum> call = _sums.Running(Token);
        await call.ResponseHeadersAsync.Within();
        int total = 0;
        for (int i = 1; i <= 5; i++)
        {
            await call.RequestStream.WriteAsync(new Number { Value = i });
            Assert.True(await call.ResponseStream.MoveNext().Within());
            Assert.Equal(total += i, call.ResponseStream.Current.Value);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Within());
    }

    [Fact]
    public async Task Client_stream_is_answered_at_its_end()
    {
        using AsyncClientStreamingCall<Number, Sum> call = _sums.Total(Token);
        foreach (int i in Enumerable.Range(1, 10))
        {
            await call.RequestStream.WriteAsync(new Number { Value = i });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(55, (await call.ResponseAsync.Within()).Value);
    }

    [Fact]
    public async Task Cancelled_stream_ends_in_the_replica_and_gives_its_slot_back()
    {
        AsyncDuplexStreamingCall<Number, Sum> call = _sums.Running(Token);
        await call.RequestStream.WriteAsync(new Number { Value = 1 });
        Assert.True(await call.ResponseStream.MoveNext().Within());
        Assert.Equal(1, _admission.Demand.InFlight);

        call.Dispose();

        await _admission.DrainAsync(_entry.Id).Within();
        Assert.Equal(0, _admission.Demand.InFlight);
    }

    private static WebApplication BuildReplica()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        WebApplication app = builder.Build();
        app.MapGrpcService<SumsReplica>();
        return app;
    }
}
