using System.Buffers.Text;
using InterCluster.Core.Naming;

namespace InterCluster.Storage.Postgres.Signals;

/// <summary>What one server tells the others: <c>SENDER:KIND[IDS]</c>, the ids as base 64 of their bytes.</summary>
internal sealed record Signal(string Sender)
{
    /// <summary>PostgreSQL's limit for a notification is 8000 bytes; an id takes 21⅓.</summary>
    public const int MaxIds = 350;

    private const int IdSize = 16;

    public IReadOnlyCollection<RunId> Finished { get; init; } = [];

    public IReadOnlyCollection<RunId> CancelRequested { get; init; } = [];

    public bool CatalogChanged { get; init; }

    public bool KeysChanged { get; init; }

    public bool DeliveriesDue { get; init; }

    public bool HomesChanged { get; init; }

    /// <summary>Several texts when there are many ids.</summary>
    public IEnumerable<string> Encode()
    {
        foreach (RunId[] ids in Finished.Chunk(MaxIds))
        {
            yield return $"{Sender}:f{Encode(ids)}";
        }

        foreach (RunId[] ids in CancelRequested.Chunk(MaxIds))
        {
            yield return $"{Sender}:c{Encode(ids)}";
        }

        if (CatalogChanged)
        {
            yield return $"{Sender}:a";
        }

        if (KeysChanged)
        {
            yield return $"{Sender}:k";
        }

        if (DeliveriesDue)
        {
            yield return $"{Sender}:w";
        }

        if (HomesChanged)
        {
            yield return $"{Sender}:h";
        }
    }

    /// <summary>Null for what this version does not know.</summary>
    public static Signal? Decode(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || colon + 1 == text.Length)
        {
            return null;
        }

        var signal = new Signal(text[..colon]);
        ReadOnlySpan<char> ids = text.AsSpan(colon + 2);
        return text[colon + 1] switch
        {
            'f' => DecodeIds(ids) is { } finished ? signal with { Finished = finished } : null,
            'c' => DecodeIds(ids) is { } cancelled ? signal with { CancelRequested = cancelled } : null,
            'a' => signal with { CatalogChanged = true },
            'k' => signal with { KeysChanged = true },
            'w' => signal with { DeliveriesDue = true },
            'h' => signal with { HomesChanged = true },
            _ => null,
        };
    }

    private static string Encode(RunId[] ids)
    {
        byte[] bytes = new byte[ids.Length * IdSize];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i].Value.TryWriteBytes(bytes.AsSpan(i * IdSize), bigEndian: true, out _);
        }

        return Base64Url.EncodeToString(bytes);
    }

    private static RunId[]? DecodeIds(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.TryDecodeFromChars(text, bytes, out int length) || length % IdSize != 0)
        {
            return null;
        }

        var ids = new RunId[length / IdSize];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = new RunId(new Guid(bytes.AsSpan(i * IdSize, IdSize), bigEndian: true));
        }

        return ids;
    }
}
