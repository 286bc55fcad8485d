using System.Buffers.Binary;

namespace InterCluster.Api.WebSockets;

/// <summary>
/// Follows the frames of one direction of a WebSocket (RFC 6455, section 5.2) without holding them: knows where a frame ends, and notices
/// what no honest client sends. Payloads are not looked at.
/// </summary>
/// <param name="fromClient">Client frames are masked and judged; server frames are only followed.</param>
/// <param name="maxMessageBytes">Bytes of a message at most, over all its fragments.</param>
internal struct WebSocketFrames(bool fromClient, long maxMessageBytes)
{
    public const ushort ProtocolError = 1002;
    public const ushort MessageTooBig = 1009;

    private const int MaxHeader = 14;
    private HeaderBytes _header;
    private int _have;
    private long _payloadLeft;
    private long _message;
    private bool _fragmented;

    /// <summary>True between two frames.</summary>
    public readonly bool AtBoundary => _have == 0 && _payloadLeft == 0;

    /// <summary>True once a close frame has begun.</summary>
    public bool CloseSeen { get; private set; }

    /// <summary>Takes the next bytes. Zero, or the code to close with.</summary>
    public ushort Feed(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_payloadLeft > 0)
            {
                int skip = (int)Math.Min(_payloadLeft, data.Length);
                _payloadLeft -= skip;
                data = data[skip..];
                continue;
            }

            data = TakeHeader(data, out ushort violation);
            if (violation != 0)
            {
                return violation;
            }
        }

        return 0;
    }

    private ReadOnlySpan<byte> TakeHeader(ReadOnlySpan<byte> data, out ushort violation)
    {
        violation = 0;
        Span<byte> header = _header;
        int needed = _have < 2 ? 2 : HeaderLength(header);
        int take = Math.Min(needed - _have, data.Length);
        data[..take].CopyTo(header[_have..]);
        _have += take;
        if (_have < 2 || _have < HeaderLength(header))
        {
            return data[take..];
        }

        _have = 0;
        violation = Begin(header);
        return data[take..];
    }

    private static int HeaderLength(ReadOnlySpan<byte> header)
    {
        int extended = (header[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };
        return 2 + extended + ((header[1] & 0x80) != 0 ? 4 : 0);
    }

    private ushort Begin(ReadOnlySpan<byte> header)
    {
        bool final = (header[0] & 0x80) != 0;
        int opcode = header[0] & 0x0F;
        ulong length = (header[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(header[2..]),
            int small => (ulong)small,
        };
        CloseSeen |= opcode == 8;
        ushort violation = fromClient ? Judge(header, final, opcode, length) : (ushort)0;
        _payloadLeft = (long)Math.Min(length, long.MaxValue);
        return violation;
    }

    private ushort Judge(ReadOnlySpan<byte> header, bool final, int opcode, ulong length)
    {
        bool masked = (header[1] & 0x80) != 0;
        bool control = opcode >= 8;
        bool known = opcode is 0 or 1 or 2 or 8 or 9 or 10;
        if (!masked || (header[0] & 0x70) != 0 || !known || length > long.MaxValue || (control && (!final || length > 125)))
        {
            return ProtocolError;
        }

        if (control)
        {
            return 0;
        }

        if ((opcode == 0) != _fragmented)
        {
            return ProtocolError;
        }

        _message = (opcode == 0 ? _message : 0) + (long)Math.Min(length, long.MaxValue / 2);
        _fragmented = !final;
        return _message > maxMessageBytes ? MessageTooBig : (ushort)0;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxHeader)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
