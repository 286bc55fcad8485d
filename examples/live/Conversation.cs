using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Examples.Live;

/// <summary>One socket: every text message is a line to count, and is answered with the statistics so far.</summary>
internal sealed class Conversation(WebSocket socket)
{
    private const int LongestLine = 64 * 1024;

    private readonly WordCount _count = new();
    private readonly byte[] _buffer = new byte[LongestLine];

    public async Task RunAsync(CancellationToken ct)
    {
        while (await ReceiveAsync(ct) is { } line)
        {
            _count.Add(line);
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(_count.Now(), JsonSerializerOptions.Web), WebSocketMessageType.Text, true, ct);
        }
    }

    /// <summary>The next line; null once the conversation is over, and then it is closed.</summary>
    private async Task<string?> ReceiveAsync(CancellationToken ct)
    {
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(_buffer.AsMemory(length), ct);
            length += part.Count;
            switch (part.MessageType)
            {
                case WebSocketMessageType.Close:
                    return await CloseAsync(WebSocketCloseStatus.NormalClosure, "", ct);
                case WebSocketMessageType.Binary:
                    return await CloseAsync(WebSocketCloseStatus.InvalidMessageType, "Send text.", ct);
                case WebSocketMessageType.Text when part.EndOfMessage:
                    return Encoding.UTF8.GetString(_buffer, 0, length);
                case WebSocketMessageType.Text when length == LongestLine:
                    return await CloseAsync(WebSocketCloseStatus.MessageTooBig, $"A line may have {LongestLine} bytes.", ct);
            }
        }
    }

    private async Task<string?> CloseAsync(WebSocketCloseStatus status, string reason, CancellationToken ct)
    {
        await socket.CloseAsync(status, reason, ct);
        return null;
    }
}
