using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace InterCluster.Api.Tests.Wire;

/// <summary>What the toy sends back.</summary>
/// <param name="Raw">The bytes.</param>
/// <param name="Close">Hang up afterwards.</param>
/// <param name="Early">Send before the request's body is read.</param>
internal sealed record ToyAnswer(string Raw, bool Close = false, bool Early = false);

/// <summary>A request as the toy understood it.</summary>
internal sealed record ToyRequest(string Head, string Body)
{
    public string Target => Head.Split(' ')[1];

    public string? Header(string name) => Head.Split('\n').Skip(1)
        .Select(line => line.Split(':', 2))
        .Where(pair => pair.Length == 2 && pair[0].Trim().Replace('_', '-').Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(pair => pair[1].Trim()).FirstOrDefault();
}

/// <summary>
/// A replica that believes everything: lines end in LF, names may have spaces and underscores, Content-Length wins over Transfer-Encoding, any coding that
/// mentions "chunked" is chunked. What a careless gateway would let through, it takes for one request more.
/// </summary>
internal sealed class ToyServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private int _begun;
    private int _connections;

    public ToyServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>Requests whose head has come.</summary>
    public int Begun => Volatile.Read(ref _begun);

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Requests that came to their end, in order.</summary>
    public ConcurrentQueue<ToyRequest> Complete { get; } = new();

    /// <summary>What to answer to a head; by default its target.</summary>
    public Func<ToyRequest, ToyAnswer> Script { get; set; } = Echo;

    public static ToyAnswer Echo(ToyRequest request) =>
        new(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {request.Target.Length}\r\n\r\n{request.Target}"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        await using var input = new BufferedStream(stream);
        try
        {
            while (await ReadHeadAsync(input) is { } head && await AnswerAsync(input, stream, head))
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or FormatException or OverflowException)
        {
            // Cut off in the middle: not a complete request.
        }
    }

    private async Task<bool> AnswerAsync(Stream input, Stream output, ToyRequest head)
    {
        Interlocked.Increment(ref _begun);
        ToyAnswer answer = Script(head);
        if (answer.Early)
        {
            await SendAsync(output, answer);
        }

        Complete.Enqueue(head with { Body = await ReadBodyAsync(input, head) });
        if (!answer.Early)
        {
            await SendAsync(output, answer);
        }

        return !answer.Close;
    }

    private async Task SendAsync(Stream output, ToyAnswer answer) =>
        await output.WriteAsync(Encoding.Latin1.GetBytes(answer.Raw), _stop.Token);

    private async Task<ToyRequest?> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        while (await ReadLineAsync(stream) is { } line)
        {
            if (line.Length > 0)
            {
                head.Append(line).Append('\n');
            }
            else if (head.Length > 0)
            {
                return new ToyRequest(head.ToString(), "");
            }
        }

        return null;
    }

    private async Task<string> ReadBodyAsync(Stream stream, ToyRequest head)
    {
        if (head.Header("Content-Length") is { } length)
        {
            return await ReadExactlyAsync(stream, int.Parse(length, CultureInfo.InvariantCulture));
        }

        var body = new StringBuilder();
        if (head.Header("Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
        {
            while (ChunkSize(await ReadLineAsync(stream)) is > 0 and int size)
            {
                body.Append(await ReadExactlyAsync(stream, size));
                await ReadLineAsync(stream);
            }

            while ((await ReadLineAsync(stream))?.Length > 0)
            {
            }
        }

        return body.ToString();
    }

    private static int ChunkSize(string? line) =>
        int.Parse((line ?? throw new EndOfStreamException()).Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private async Task<string> ReadExactlyAsync(Stream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return Encoding.Latin1.GetString(bytes);
    }

    private async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, _stop.Token) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        return line.Length == 0 ? null : throw new EndOfStreamException();
    }
}
