using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace InterCluster.Api.Tests.Wire;

/// <summary>An HTTP/2 client whose frames are written by hand: header fields go out as they are given, uncompressed, in any order and of any form.</summary>
internal sealed class Http2Frames : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7;
    public const byte EndStream = 1, EndHeaders = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly TcpClient _socket = new();
    private NetworkStream _stream = null!;

    public static async Task<Http2Frames> ConnectAsync(Uri address)
    {
        var client = new Http2Frames();
        await client._socket.ConnectAsync(IPAddress.Loopback, address.Port);
        client._stream = client._socket.GetStream();
        await client._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await client.SendAsync(Settings, 0, 0, []);
        return client;
    }

    /// <summary>The fields of a good GET, with others in place of them (by name) and more behind them.</summary>
    public static List<(string Name, string Value)> Get(string path, params (string Name, string Value)[] fields) =>
    [
        .. new[] { (":method", "GET"), (":scheme", "http"), (":authority", "gateway"), (":path", path), ("authorization", "Bearer good") }
            .Select(f => fields.FirstOrDefault(o => o.Name == f.Item1) is { Name: not null } other ? other : f),
        .. fields.Where(f => f.Name is not (":method" or ":scheme" or ":authority" or ":path")),
    ];

    public Task RequestAsync(int stream, IEnumerable<(string Name, string Value)> fields, bool endStream = true)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in fields)
        {
            block.WriteByte(0); // Literal, not indexed, with its name.
            Write(block, name);
            Write(block, value);
        }

        return SendAsync(Headers, (byte)(EndHeaders | (endStream ? EndStream : 0)), stream, block.ToArray());
    }

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame).AsTask().WaitAsync(Limit);
    }

    /// <summary>The next frame of one of these types; null when the connection has ended.</summary>
    public async Task<Frame?> NextAsync(params byte[] types)
    {
        byte[] head = new byte[9];
        while (await ReadAsync(head))
        {
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            if (!await ReadAsync(payload))
            {
                return null;
            }

            if (types.Contains(head[3]))
            {
                return new Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Write(MemoryStream block, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length >= 127)
        {
            throw new ArgumentException("Too long for this client.", nameof(text));
        }

        block.WriteByte((byte)bytes.Length);
        block.Write(bytes);
    }

    private async Task<bool> ReadAsync(byte[] buffer)
    {
        try
        {
            return await _stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false).AsTask().WaitAsync(Limit) == buffer.Length;
        }
        catch (IOException)
        {
            return false;
        }
    }

    internal sealed record Frame(byte Type, byte Flags, int Stream, byte[] Payload)
    {
        public bool EndsStream => (Flags & EndStream) != 0;

        /// <summary>The status when it is one that HPACK's table has (200, 204, 206, 304, 400, 404, 500) and stands first, as servers write it.</summary>
        public int Status => Payload[0] switch { 0x88 => 200, 0x89 => 204, 0x8a => 206, 0x8b => 304, 0x8c => 400, 0x8d => 404, 0x8e => 500, _ => 0 };
    }
}
