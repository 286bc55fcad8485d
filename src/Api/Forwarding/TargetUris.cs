namespace InterCluster.Api.Forwarding;

/// <summary>
/// The addresses that a replica is asked for. Parsing one costs more than routing the call, and functions are few: those last asked for are kept.
/// Bounded by its slots: each holds the last address that fell into it.
/// </summary>
/// <param name="prefix">Scheme, host and port.</param>
internal sealed class TargetUris(string prefix)
{
    private const int Slots = 256;

    // Longer ones are worth no memory: callers choose them.
    private const int MaxKeptLength = 256;
    private static readonly UriCreationOptions RawUri = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly Uri?[] _kept = new Uri?[Slots];

    /// <summary>The address of a path, character by character: nothing may decode or fold it on the way.</summary>
    public Uri Of(string pathAndQuery)
    {
        ref Uri? slot = ref _kept[string.GetHashCode(pathAndQuery) & (Slots - 1)];
        Uri? kept = Volatile.Read(ref slot);
        return kept is not null && kept.OriginalString.AsSpan(prefix.Length).SequenceEqual(pathAndQuery) ? kept : Make(pathAndQuery, ref slot);
    }

    private Uri Make(string pathAndQuery, ref Uri? slot)
    {
        var made = new Uri(string.Concat(prefix, pathAndQuery), RawUri);
        if (pathAndQuery.Length <= MaxKeptLength && !pathAndQuery.Contains('?'))
        {
            Volatile.Write(ref slot, made);
        }

        return made;
    }
}
