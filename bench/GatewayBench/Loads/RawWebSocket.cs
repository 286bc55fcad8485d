using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>A WebSocket client without a library: one fixed message, sent and awaited again and again on a plain socket.</summary>
internal sealed class RawWebSocket : IDisposable
{
    public const int PayloadBytes = 64;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _message;
    private readonly byte[] _echo;
    private readonly byte[] _received;

    private RawWebSocket() => (_message, _echo, _received) = (MaskedFrame(out var echo), echo, new byte[echo.Length]);

    public static async Task<RawWebSocket> OpenAsync(Uri url, IEnumerable<string> headers)
    {
        var client = new RawWebSocket();
        await client._socket.ConnectAsync(url.Host, url.Port);
        var request = $"GET {url.AbsolutePath} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n"
            + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n";
        await client._socket.SendAsync(Encoding.ASCII.GetBytes(request));
        await client.ReadAcceptanceAsync();
        return client;
    }

    /// <summary>Sends the message and waits for its echo; throws when something else comes back.</summary>
    public async ValueTask EchoAsync()
    {
        _ = await _socket.SendAsync(_message);
        for (var received = 0; received < _received.Length;)
        {
            var read = await _socket.ReceiveAsync(_received.AsMemory(received));
            received += read > 0 ? read : throw new IOException("the connection ended");
        }

        if (!_received.AsSpan().SequenceEqual(_echo))
        {
            throw new IOException("the echo differs from the message");
        }
    }

    /// <summary>Says goodbye as the protocol asks, so that no proxy has to handle a failure.</summary>
    public async ValueTask CloseAsync()
    {
        const byte final = 0x80, close = 0x08, masked = 0x80;
        _ = await _socket.SendAsync(new byte[] { final | close, masked, 0, 0, 0, 0 });
        _ = await _socket.ReceiveAsync(_received.AsMemory());
        Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAcceptanceAsync()
    {
        var buffer = new byte[4096];
        var length = 0;
        while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(length));
            length += read > 0 ? read : throw new IOException("the connection ended during the handshake");
        }

        if (!buffer.AsSpan().StartsWith("HTTP/1.1 101"u8))
        {
            throw new IOException($"no upgrade: {Encoding.ASCII.GetString(buffer, 0, length)}");
        }
    }

    private static byte[] MaskedFrame(out byte[] echo)
    {
        const byte final = 0x80, binary = 0x02, masked = 0x80;
        var payload = RandomNumberGenerator.GetBytes(PayloadBytes);
        var mask = RandomNumberGenerator.GetBytes(4);
        echo = [final | binary, PayloadBytes, .. payload];
        return [final | binary, masked | PayloadBytes, .. mask, .. payload.Select((b, i) => (byte)(b ^ mask[i % 4]))];
    }
}
