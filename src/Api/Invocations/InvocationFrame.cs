using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using InterCluster.Core.Admission;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Invocations;

/// <summary>
/// What a worker and the gateway say to each other of an invocation: fields one after the other, numbers little-endian, texts in UTF-8 behind their length, the
/// body last. Both ends are of one version or neighbours: a field may be added before the body under a new <see cref="Version"/>, none may change.
/// </summary>
internal static class InvocationFrame
{
    /// <summary>The media type of both directions.</summary>
    public const string MediaType = "application/x-intercluster-invocation";

    private const byte Version = 1;

    /// <summary>The run as the gateway needs it.</summary>
    public static byte[] Write(ClaimedRun run)
    {
        RunRequest request = run.Request;
        var frame = new FrameWriter(256 + request.Body.Length);
        frame.Byte(Version);
        frame.Guid(run.Id.Value);
        frame.Text(run.Function.App.Project);
        frame.Text(run.Function.App.App);
        frame.Text(run.Function.Function);
        frame.Int32(run.Attempt);
        frame.Int32(run.MaxAttempts);
        frame.Int64(run.Lease);
        frame.Int32(run.Crashes);
        frame.Text(request.Method);
        frame.Text(request.PathAndQuery);
        frame.Headers(request.Headers);
        frame.Body(request.Body.Span);
        return frame.ToArray();
    }

    /// <summary>How the invocation ended.</summary>
    public static byte[] Write(in InvocationResult result)
    {
        var frame = new FrameWriter(128 + (result.Response?.Body.Length ?? 0));
        frame.Byte(Version);
        frame.Byte((byte)result.Outcome);
        frame.Byte((byte)result.Refusal);
        frame.Int64(result.RetryAfter?.Ticks ?? -1);
        frame.Int32(result.Response?.Status ?? 0);
        if (result.Response is { } response)
        {
            frame.Headers(response.Headers);
            frame.Body(response.Body.Span);
        }

        return frame.ToArray();
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for what is no frame of this version.</summary>
    public static ClaimedRun ReadRun(ReadOnlyMemory<byte> bytes)
    {
        var frame = new FrameReader(bytes);
        ReadVersion(ref frame);
        var id = new RunId(frame.Guid());
        var function = new FunctionId(new AppId(frame.Text(), frame.Text()), frame.Text());
        int attempt = frame.Int32();
        int maxAttempts = frame.Int32();
        long lease = frame.Int64();
        int crashes = frame.Int32();
        var request = new RunRequest(frame.Text(), frame.Text(), frame.Headers(), frame.Body());
        return new ClaimedRun(id, function, request, attempt, maxAttempts, lease, crashes);
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for what is no frame of this version.</summary>
    public static InvocationResult ReadResult(ReadOnlyMemory<byte> bytes)
    {
        var frame = new FrameReader(bytes);
        ReadVersion(ref frame);
        var outcome = (InvocationOutcome)frame.Byte();
        var refusal = (Refusal)frame.Byte();
        long retryAfter = frame.Int64();
        int status = frame.Int32();
        RunResponse? response = status == 0 ? null : new RunResponse(status, frame.Headers(), frame.Body());
        return new InvocationResult(outcome, response, refusal, retryAfter < 0 ? null : TimeSpan.FromTicks(retryAfter));
    }

    private static void ReadVersion(ref FrameReader frame)
    {
        if (frame.Byte() is var version and not Version)
        {
            throw new InvalidDataException($"The invocation is of version {version}; this server speaks {Version}.");
        }
    }

    private readonly struct FrameWriter(int size)
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(size);

        public void Byte(byte value)
        {
            _buffer.GetSpan(1)[0] = value;
            _buffer.Advance(1);
        }

        public void Int32(int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(4), value);
            _buffer.Advance(4);
        }

        public void Int64(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), value);
            _buffer.Advance(8);
        }

        public void Guid(Guid value)
        {
            value.TryWriteBytes(_buffer.GetSpan(16));
            _buffer.Advance(16);
        }

        public void Text(string value)
        {
            int length = Encoding.UTF8.GetByteCount(value);
            Int32(length);
            Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
            _buffer.Advance(length);
        }

        public void Headers(IReadOnlyList<StoredHeader> headers)
        {
            Int32(headers.Count);
            for (int i = 0; i < headers.Count; i++)
            {
                Text(headers[i].Name);
                Text(headers[i].Value);
            }
        }

        public void Body(ReadOnlySpan<byte> body)
        {
            Int32(body.Length);
            _buffer.Write(body);
        }

        public byte[] ToArray() => _buffer.WrittenSpan.ToArray();
    }

    private struct FrameReader(ReadOnlyMemory<byte> bytes)
    {
        private const int MaxHeaders = 1000;
        private ReadOnlyMemory<byte> _rest = bytes;

        public byte Byte() => Take(1).Span[0];

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4).Span);

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8).Span);

        public Guid Guid() => new(Take(16).Span);

        public string Text() => Encoding.UTF8.GetString(Take(Int32()).Span);

        public StoredHeader[] Headers()
        {
            int count = Int32();
            if (count is < 0 or > MaxHeaders)
            {
                throw new InvalidDataException($"The invocation claims {count} headers.");
            }

            var headers = new StoredHeader[count];
            for (int i = 0; i < count; i++)
            {
                headers[i] = new StoredHeader(Text(), Text());
            }

            return headers;
        }

        public ReadOnlyMemory<byte> Body() => Take(Int32());

        private ReadOnlyMemory<byte> Take(int length)
        {
            if (length < 0 || length > _rest.Length)
            {
                throw new InvalidDataException("The invocation is cut short.");
            }

            ReadOnlyMemory<byte> taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
