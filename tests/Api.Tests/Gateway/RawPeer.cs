using System.Net;
using System.Net.Sockets;
using System.Text;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>One end of a TCP connection whose bytes are written and read by hand: for peers that no library would play.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly MemoryStream _ahead = new();

    public static async Task<RawPeer> ConnectAsync(Uri address, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
        return new RawPeer(socket);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await socket.SendAsync(bytes).WaitAsync(Limit);

    /// <summary>A request's or an answer's head, without its empty line; null when the other end has closed instead.</summary>
    public async Task<string?> ReadHeadAsync()
    {
        while (true)
        {
            string text = Encoding.Latin1.GetString(_ahead.GetBuffer(), 0, (int)_ahead.Length);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                Keep(Encoding.Latin1.GetBytes(text[(end + 4)..]));
                return text[..end];
            }

            if (await FillAsync() == 0)
            {
                return null;
            }
        }
    }

    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        while (_ahead.Length < count)
        {
            if (await FillAsync() == 0)
            {
                throw new EndOfStreamException();
            }
        }

        byte[] all = _ahead.ToArray();
        Keep(all[count..]);
        return all[..count];
    }

    /// <summary>Everything up to the other end's close.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync() > 0)
        {
        }

        return Encoding.Latin1.GetString(_ahead.ToArray());
    }

    /// <summary>Some bytes, as they come; 0 at the end.</summary>
    public Task<int> ReadAsync(Memory<byte> buffer) => socket.ReceiveAsync(buffer).AsTask().WaitAsync(Limit);

    /// <summary>Closes with a reset in place of an orderly end.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private async Task<int> FillAsync()
    {
        byte[] buffer = new byte[4096];
        int read = await ReadAsync(buffer);
        _ahead.Position = _ahead.Length;
        _ahead.Write(buffer, 0, read);
        return read;
    }

    private void Keep(byte[] rest)
    {
        _ahead.SetLength(0);
        _ahead.Write(rest);
    }
}
