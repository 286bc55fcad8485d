using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace InterCluster.Api.Gateway;

/// <summary>
/// The memory that the data plane's sockets read into: pinned blocks of 32 KiB. The stock pool's are of 4 KiB, and on the I/O threads each
/// block that fills is forwarded by itself: with them a 1 MB upload cost 3.7 times the CPU (docs/decisions/0002).
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockSize = 32 * 1024;

    // What is kept for the next burst; more than that is left to the garbage collector.
    private const int MaxKept = 1024;
    private readonly ConcurrentQueue<Block> _kept = new();
    private int _count;

    public override int MaxBufferSize => BlockSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (_kept.TryDequeue(out Block? block))
        {
            Interlocked.Decrement(ref _count);
            block.Take();
            return block;
        }

        return new Block(this);
    }

    // Shared by everything that asks for it; it has nothing to end.
    protected override void Dispose(bool disposing)
    {
    }

    private void Keep(Block block)
    {
        if (Interlocked.Increment(ref _count) <= MaxKept)
        {
            _kept.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);
        private int _taken = 1;

        public Memory<byte> Memory => _bytes;

        public void Take() => Volatile.Write(ref _taken, 1);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _taken, 0) == 1)
            {
                pool.Keep(this);
            }
        }
    }
}
