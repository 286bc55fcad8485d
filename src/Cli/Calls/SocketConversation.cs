using System.Net;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.Calls;

/// <summary>The two directions of an open WebSocket.</summary>
internal sealed class SocketConversation(CliSession session, ClientWebSocket socket)
{
    public static async Task<ClientWebSocket> ConnectAsync(CliSession session, CallTarget target, CancellationToken ct)
    {
        Uri http = target.Address(session.Connection);
        var address = new UriBuilder(http) { Scheme = http.Scheme == "https" ? "wss" : "ws" };
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (http.IsLoopback)
        {
            socket.Options.Proxy = null;
        }

        if (session.Connection.Token is { } token)
        {
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        try
        {
            await socket.ConnectAsync(address.Uri, ct);
            return socket;
        }
        catch (WebSocketException e)
        {
            HttpStatusCode status = socket.HttpStatusCode;
            socket.Dispose();
            throw status == 0
                ? new CliException(ExitCodes.Unreachable, $"Cannot open {address.Uri}: {e.InnerException?.Message ?? e.Message}.", e)
                : new CliException(Math.Max(ExitCodes.Failed, ExitCodes.ForStatus(status)), $"{target} answered {(int)status} {status} instead of a WebSocket.", e);
        }
    }

    public static async IAsyncEnumerable<string> LinesAsync(Stream input, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new StreamReader(input, leaveOpen: true);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Sends all, then says goodbye; prints what comes until the other side has said goodbye too, or enough has come.</summary>
    public async Task<int> RunAsync(IAsyncEnumerable<string> messages, int count, CancellationToken ct)
    {
        using var receiving = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task sending = SendAsync(messages, receiving.Token);
        try
        {
            await ReceiveAsync(count, ct);
        }
        finally
        {
            await receiving.CancelAsync();
            // Not awaited to its end: a read from a terminal cannot be called back.
            _ = sending.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return CloseCode();
    }

    private async Task SendAsync(IAsyncEnumerable<string> messages, CancellationToken ct)
    {
        await foreach (string message in messages.WithCancellation(ct))
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, ct);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
    }

    private async Task ReceiveAsync(int count, CancellationToken ct)
    {
        Stream output = session.Console.OpenBody();
        var piece = new byte[16 << 10];
        while (count > 0)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(piece.AsMemory(), ct);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            await output.WriteAsync(piece.AsMemory(0, received.Count), ct);
            if (received.EndOfMessage)
            {
                count--;
                await output.WriteAsync("\n"u8.ToArray(), ct);
                await output.FlushAsync(ct);
            }
        }
    }

    private int CloseCode()
    {
        if (socket.CloseStatus is null or WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.EndpointUnavailable or WebSocketCloseStatus.Empty)
        {
            return ExitCodes.Ok;
        }

        session.Console.Notes.Line(new Cell($"Closed by the other side: {(int)socket.CloseStatus} {socket.CloseStatusDescription}", Tone.Warn));
        return ExitCodes.Failed;
    }
}
