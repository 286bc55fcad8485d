using System.Text;

namespace InterCluster.Replicas.Logs;

/// <summary>Cuts a stream of bytes into lines of at most <see cref="MaxBytes"/>; longer ones go on as further lines. Invalid UTF-8 becomes U+FFFD.</summary>
internal sealed class LineSplitter(Action<string> line)
{
    public const int MaxBytes = 16 << 10;

    private readonly byte[] _pending = new byte[MaxBytes];
    private int _length;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? default : bytes[(end + 1)..];
            AddPart(part);
            if (end >= 0)
            {
                Emit(_length > 0 && _pending[_length - 1] == '\r' ? _length - 1 : _length);
                _length = 0;
            }
        }
    }

    /// <summary>The stream has ended: what is left is a line.</summary>
    public void Flush()
    {
        if (_length > 0)
        {
            Emit(_length);
            _length = 0;
        }
    }

    private void AddPart(ReadOnlySpan<byte> part)
    {
        while (part.Length > 0)
        {
            if (_length == MaxBytes)
            {
                EmitWholeCharacters();
            }

            int count = Math.Min(part.Length, MaxBytes - _length);
            part[..count].CopyTo(_pending.AsSpan(_length));
            _length += count;
            part = part[count..];
        }
    }

    private void EmitWholeCharacters()
    {
        // Back over the continuation bytes (10xxxxxx) of a character that may not be complete; at most three, or it is no UTF-8 anyway.
        int cut = _length;
        for (int i = 1; i <= 4; i++)
        {
            if ((_pending[_length - i] & 0xC0) != 0x80)
            {
                cut = _pending[_length - i] >= 0xC0 ? _length - i : _length;
                break;
            }
        }

        Emit(cut);
        _pending.AsSpan(cut, _length - cut).CopyTo(_pending);
        _length -= cut;
    }

    private void Emit(int length) => line(Encoding.UTF8.GetString(_pending, 0, length));
}
