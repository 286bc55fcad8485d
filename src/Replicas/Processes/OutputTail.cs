using InterCluster.Replicas.Logs;
using Microsoft.Win32.SafeHandles;

namespace InterCluster.Replicas.Processes;

/// <summary>
/// Follows a file that a replica appends its output to. A file and not a pipe, so that the replica goes on writing when the server is killed
/// and the next one reads on. The disk that it takes is bounded: what was read, but for the last part, is given back.
/// </summary>
internal sealed class OutputTail : IDisposable
{
    private const int Block = 64 << 10;
    private const int TruncateFactor = 16;

    private readonly SafeFileHandle _file;
    private readonly Action<string> _line;
    private readonly LineSplitter _splitter;
    private readonly int _keep;
    private long _offset;
    private long _punched;

    /// <summary>Begins with what is left of the file: nothing for a new replica, the last part for one that was found again.</summary>
    public OutputTail(string path, int keep, Action<string> line)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _keep = keep;
        _line = line;
        _splitter = new LineSplitter(line);
        _offset = _punched = FirstKept();
    }

    /// <summary>Reads what has come, at most what is kept of it.</summary>
    public void Read(Span<byte> buffer)
    {
        SkipBacklog();
        int count;
        while ((count = RandomAccess.Read(_file, buffer, _offset)) > 0)
        {
            _splitter.Add(buffer[..count]);
            _offset += count;
        }

        Free();
    }

    /// <summary>Nobody writes any more: reads the rest.</summary>
    public void Finish(Span<byte> buffer)
    {
        Read(buffer);
        _splitter.Flush();
        Dispose();
    }

    public void Dispose() => _file.Dispose();

    private long FirstKept() => Math.Max(0, RandomAccess.GetLength(_file) - _keep);

    private void SkipBacklog()
    {
        long length = RandomAccess.GetLength(_file);
        if (length < _offset)
        {
            // Somebody emptied the file.
            _offset = _punched = 0;
        }

        long skipped = length - _keep - _offset;
        if (skipped > 0)
        {
            _offset += skipped;
            _line($"[{skipped} bytes of output were skipped: they came faster than they could be read]");
        }
    }

    private void Free()
    {
        long freeable = (_offset - _keep) / Block * Block;
        if (freeable < _punched + Block)
        {
            return;
        }

        if (Libc.PunchHole((int)_file.DangerousGetHandle(), freeable))
        {
            _punched = freeable;
        }
        else if (_offset > (long)_keep * TruncateFactor)
        {
            // No holes on this file system. What is written between the last read and now is lost; the replica's next line is at the start.
            RandomAccess.SetLength(_file, 0);
            _offset = _punched = 0;
        }
    }
}
