using System.Security.Cryptography;

namespace InterCluster.Api.Batches;

/// <summary>
/// The digest of the lines read so far: each line's is made of the one before and the line, so that an upload which is sent again can be compared with what
/// is stored at any line, however the first one was cut into slices. A line over the limit counts as such, whatever it held.
/// </summary>
internal sealed class LineDigest : IDisposable
{
    private const int Size = SHA256.HashSizeInBytes;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _value = new byte[Size];

    public ReadOnlySpan<byte> Value => _value;

    public void Add(ReadOnlySpan<byte> line, bool isTooLong)
    {
        _hash.AppendData(_value);
        _hash.AppendData(isTooLong ? [1] : [0]);
        _hash.AppendData(line);
        _hash.GetHashAndReset(_value);
    }

    public void Dispose() => _hash.Dispose();
}
