using Microsoft.Win32.SafeHandles;

namespace InterCluster.Cli.Terminal;

/// <summary>
/// Standard output that notices when nobody reads it any more (<c>intercluster logs -f | head</c>). The runtime's own stream passes over a broken
/// pipe in silence, and a command that follows something would never end.
/// </summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    public static Stream Open() =>
        !OperatingSystem.IsWindows() && Console.IsOutputRedirected && OpenPipe() is { } pipe ? new Pipe(pipe) : Console.OpenStandardOutput();

    /// <summary>Null for a file: its position is shared with other processes, which only the runtime's stream respects.</summary>
    private static FileStream? OpenPipe()
    {
        try
        {
            var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : stream;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class Pipe(FileStream pipe) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                pipe.Write(buffer);
            }
            catch (IOException e)
            {
                throw new OutputClosedException(e);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>Whoever read standard output has gone: there is nobody left to do anything for.</summary>
internal sealed class OutputClosedException(IOException inner) : Exception(inner.Message, inner);
