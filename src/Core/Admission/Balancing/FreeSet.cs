using System.Numerics;

namespace InterCluster.Core.Admission.Balancing;

/// <summary>
/// Which replicas have a free slot: one bit each, in their order. Finding the next one looks at 64 replicas per step, and keeps
/// the order stable when replicas fill up and come back, which a linked list of free ones would not.
/// </summary>
internal sealed class FreeSet
{
    private ulong[] _words = [0];

    /// <summary>Empties the set and makes room for this many replicas.</summary>
    public void Reset(int count) => _words = new ulong[Math.Max(1, (count + 63) / 64)];

    /// <summary>Puts a replica in or takes it out.</summary>
    public void Set(int index, bool free)
    {
        ulong bit = 1UL << index; // The shift takes the low six bits of the index.
        ref ulong word = ref _words[index >> 6];
        word = free ? word | bit : word & ~bit;
    }

    /// <summary>The first one at or after <paramref name="start"/>, or -1.</summary>
    public int NextAt(int start)
    {
        int at = start >> 6;
        if ((uint)at >= (uint)_words.Length)
        {
            return -1;
        }

        ulong word = _words[at] & (ulong.MaxValue << start);
        while (word == 0)
        {
            if (++at == _words.Length)
            {
                return -1;
            }

            word = _words[at];
        }

        return (at << 6) + BitOperations.TrailingZeroCount(word);
    }
}
