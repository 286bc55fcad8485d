using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Reflection;
using InterCluster.Api.Gateway;
using InterCluster.Api.Runs;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Wire;

/// <summary>
/// A gateway in front of two apps, "app" on a real server and "toy" on a careless one, with what the tests of the wire ask of it: how many
/// requests the replicas saw, and whether the next callers on the same connections get their own answers.
/// </summary>
public class WireHost : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _complete = new();
    private readonly TaskCompletionSource _event = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GatewayHost? _gateway;
    private TestReplica? _kestrel;
    private int _victims;

    internal const int VictimsEach = 3;

    internal static readonly string[] Apps = ["app", "toy"];

    internal GatewayHost Gateway => _gateway!;

    internal ToyServer Toy { get; } = new();

    internal NoRuns Runs { get; private set; } = null!;

    protected virtual Dictionary<string, string?> Settings => new()
    {
        ["InterCluster:Gateway:MaxRequestBodyBytes"] = "100000",
        ["InterCluster:Gateway:MaxWebSocketMessageBytes"] = "65536",
    };

    protected virtual int Concurrency => 100;

    public async ValueTask InitializeAsync()
    {
        _kestrel = await TestReplica.StartAsync(ServeAsync);
        IRunStore store = DispatchProxy.Create<IRunStore, NoRuns>();
        Runs = (NoRuns)(object)store;
        _gateway = await GatewayHost.StartAsync(Settings, more: services => services
            .AddSingleton(store)
            .AddSingleton<IRunAnnouncer, NoAnnouncer>()
            .AddSingleton<RunMetrics>()
            .AddSingleton<RunWaiters>()
            .AddSingleton<IAsyncCalls, RunSubmission>());
        Gateway.Deploy("app");
        Gateway.AddReplica("app", _kestrel.Address, Concurrency);
        Gateway.Deploy("toy");
        Gateway.AddReplica("toy", Toy.Address, Concurrency);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _kestrel!.DisposeAsync();
        await Toy.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal Task<WireClient> ConnectAsync() => WireClient.ConnectAsync(Gateway.Address);

    /// <summary>Lets the event stream of <c>/events</c> say something.</summary>
    internal void RaiseEvent() => _event.TrySetResult();

    /// <summary>Requests that the replicas have seen the beginning and the end of.</summary>
    internal (int Begun, int Complete) Seen() => (_kestrel!.Calls + Toy.Begun, _complete.Count + Toy.Complete.Count);

    /// <summary><c>{app}</c> and <c>{head}</c> (a host and a good token) filled in.</summary>
    internal static string Fill(string request, string app = "toy") => request
        .Replace("{app}", "/v4/p-one/" + app, StringComparison.Ordinal)
        .Replace("{head}", "Host: gateway\r\nAuthorization: Bearer good\r\n", StringComparison.Ordinal);

    /// <summary>
    /// Sends a request to each app: it gets this status and nothing more, its connection ends, no replica sees it, and the next callers get their own
    /// answers.
    /// </summary>
    /// <param name="request">The bytes, with <see cref="Fill"/>'s places.</param>
    /// <param name="status">The one answer.</param>
    /// <param name="inBody">The fault is in the body, which is passed on as it comes: no replica sees the end of it.</param>
    /// <param name="staysOpen">The request could be read: its connection may go on.</param>
    internal async Task RefusesAsync(string request, int status, bool inBody = false, bool staysOpen = false)
    {
        foreach (string app in Apps)
        {
            (int begun, int complete) = Seen();
            await using WireClient client = await ConnectAsync();
            await client.SendAsync(Fill(request, app));
            WireAnswer? answer = await client.ReadAsync();
            Assert.Equal(status, answer?.Status);
            if (!staysOpen)
            {
                Assert.Null(await client.ReadAsync());
            }

            await VictimsAsync();
            (int begunNow, int completeNow) = Seen();
            Assert.Equal(complete + (VictimsEach * Apps.Length), completeNow);
            if (!inBody)
            {
                Assert.Equal(begun + (VictimsEach * Apps.Length), begunNow);
            }
        }
    }

    /// <summary>Sends a request to the toy and returns what the toy got and what came back.</summary>
    internal async Task<(ToyRequest Got, WireAnswer Answer)> PassesAsync(string request)
    {
        int before = Toy.Complete.Count;
        await using WireClient client = await ConnectAsync();
        await client.SendAsync(Fill(request));
        WireAnswer answer = Assert.IsType<WireAnswer>(await client.ReadAsync());
        while (answer.Status == 100)
        {
            answer = Assert.IsType<WireAnswer>(await client.ReadAsync());
        }

        Assert.Equal(200, answer.Status);
        ToyRequest got = Assert.Single(Toy.Complete.Skip(before));
        await VictimsAsync();
        return (got, answer);
    }

    /// <summary>Ordinary callers, one after the other, over the gateway's pooled connections: each gets the answer to its own question.</summary>
    internal async Task VictimsAsync()
    {
        foreach (string app in Apps)
        {
            await using WireClient client = await ConnectAsync();
            for (int i = 0; i < VictimsEach; i++)
            {
                string path = $"/victim-{Interlocked.Increment(ref _victims)}";
                await client.SendAsync(Fill($"GET {{app}}{path} HTTP/1.1\r\n{{head}}\r\n", app));
                WireAnswer? answer = await client.ReadAsync();
                Assert.Equal((200, path), (answer?.Status ?? 0, answer?.Body));
            }
        }

        Assert.DoesNotContain(_complete.Concat(Toy.Complete.Select(r => r.Target)), target => target.Contains("smuggled", StringComparison.Ordinal));
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { DangerousEnableCompression = true });
            await EchoAsync(socket, context.RequestAborted);
            return;
        }

        if (context.Request.Path == "/events")
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await _event.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("data: late\n\n");
            return;
        }

        await context.Request.Body.CopyToAsync(Stream.Null);
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        _complete.Enqueue(target);
        context.Response.ContentLength = target.Length;
        await context.Response.WriteAsync(HttpMethods.IsHead(context.Request.Method) ? "" : target);
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken ct)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), ct) is { MessageType: not WebSocketMessageType.Close } part)
            {
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, ct);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The gateway has cut it off.
        }
    }

    private sealed class NoAnnouncer : IRunAnnouncer
    {
        public void Announce(FunctionId function, RunId id) => Assert.Fail("A refused call was announced.");

        public void AnnounceSome(FunctionId function) => Assert.Fail("A refused call was announced.");
    }
}

/// <summary>A store that no refused call may ask.</summary>
public class NoRuns : DispatchProxy
{
    /// <summary>How often it was asked for anything.</summary>
    public int Calls { get; private set; }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod?.IsSpecialName == true)
        {
            return null; // Who listens asks for nothing.
        }

        Calls++;
        throw new InvalidOperationException("A refused call reached the store.");
    }
}
