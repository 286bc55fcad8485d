using System.Buffers.Binary;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Gateways;

/// <summary>
/// Which gateway an app belongs to: the one with the highest score for it (rendezvous hashing). Every gateway comes to the same answer from the same
/// members; one that joins takes its share from all others and one that leaves gives it to all others, and no other app moves.
/// </summary>
public static class Rendezvous
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>The gateway that an app belongs to; null when all are leaving.</summary>
    public static GatewayMember? HomeOf(AppId app, IReadOnlyList<GatewayMember> members)
    {
        ulong name = HashOf(app);
        GatewayMember? best = null;
        ulong bestScore = 0;
        foreach (GatewayMember member in members)
        {
            if (member.IsLeaving)
            {
                continue;
            }

            ulong score = ScoreOf(name, member.Id);
            if (best is null || score > bestScore || (score == bestScore && member.Id.CompareTo(best.Id) > 0))
            {
                (best, bestScore) = (member, score);
            }
        }

        return best;
    }

    private static ulong HashOf(AppId app) => Hash(app.App, Hash("/", Hash(app.Project, FnvOffset)));

    // Names are ASCII.
    private static ulong Hash(string text, ulong hash)
    {
        foreach (char c in text)
        {
            hash = (hash ^ c) * FnvPrime;
        }

        return hash;
    }

    private static ulong ScoreOf(ulong name, Guid gateway)
    {
        Span<byte> id = stackalloc byte[16];
        gateway.TryWriteBytes(id, bigEndian: true, out _);
        return Mix(Mix(name ^ Mix(BinaryPrimitives.ReadUInt64BigEndian(id))) ^ BinaryPrimitives.ReadUInt64BigEndian(id[8..]));
    }

    // The finisher of SplitMix64: every bit of the input moves every bit of the output.
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
