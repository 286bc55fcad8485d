using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace InterCluster.Api.Tests.Wire;

/// <summary>
/// A connection that sends exactly the bytes it is told to and reads exactly the answers that come: an ordinary client repairs what these
/// tests want to send. Text is Latin-1, a byte a character.
/// </summary>
internal sealed class WireClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));
    private readonly byte[] _buffer = new byte[8192];
    private int _next;
    private int _end;

    private WireClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<WireClient> ConnectAsync(Uri gateway)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Port);
        return new WireClient(socket);
    }

    public async Task SendAsync(string text)
    {
        try
        {
            await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), _limit.Token);
        }
        catch (IOException)
        {
            // The other end has had enough before the end of it: its answer tells.
        }
    }

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next answer, an interim one included; null when the connection has ended.</summary>
    public async Task<WireAnswer?> ReadAsync(bool toHead = false)
    {
        if (await ReadLineAsync() is not { } line)
        {
            return null;
        }

        Assert.StartsWith("HTTP/1.1 ", line, StringComparison.Ordinal);
        int status = int.Parse(line.AsSpan(9, 3), CultureInfo.InvariantCulture);
        var headers = new List<KeyValuePair<string, string>>();
        while ((line = await ReadLineAsync() ?? throw new EndOfStreamException()).Length > 0)
        {
            int colon = line.IndexOf(':');
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        var head = new WireAnswer(status, headers, "");
        return toHead || status is < 200 or 204 or 304 ? head : head with { Body = await ReadBodyAsync(head) };
    }

    /// <summary>Up to <paramref name="count"/> bytes as they are; fewer at the end.</summary>
    public async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new List<byte>();
        while (bytes.Count < count && await FillAsync())
        {
            bytes.Add(_buffer[_next++]);
        }

        return [.. bytes];
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _limit.Dispose();
    }

    private async Task<string> ReadBodyAsync(WireAnswer head)
    {
        if (head.Header("Transfer-Encoding") is null)
        {
            int length = int.Parse(head.Header("Content-Length") ?? "-1", CultureInfo.InvariantCulture);
            byte[] body = await ReadBytesAsync(length < 0 ? int.MaxValue : length);
            return length < 0 || body.Length == length ? Encoding.Latin1.GetString(body) : throw new EndOfStreamException();
        }

        var text = new StringBuilder();
        while (int.Parse(await ReadLineAsync() ?? throw new EndOfStreamException(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and int size)
        {
            text.Append(Encoding.Latin1.GetString(await ReadBytesAsync(size)));
            await ReadLineAsync();
        }

        await ReadLineAsync();
        return text.ToString();
    }

    private async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (await FillAsync())
        {
            char c = (char)_buffer[_next++];
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(c);
        }

        return line.Length == 0 ? null : throw new EndOfStreamException();
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_next < _end)
        {
            return true;
        }

        _next = 0;
        try
        {
            _end = await _stream.ReadAsync(_buffer, _limit.Token);
        }
        catch (IOException)
        {
            _end = 0;
        }

        return _end > 0;
    }
}
