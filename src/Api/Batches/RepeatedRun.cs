using InterCluster.Core.Runs;

namespace InterCluster.Api.Batches;

/// <summary>The run that a line repeats: what the line does not say is as it was there.</summary>
internal sealed record RepeatedRun(RunInfo Info, RunRequest Request)
{
    private static readonly string[] OfTheBody = ["Content-Type", "Content-Encoding", "Content-Language", "Content-MD5", "Digest", "Content-Digest"];

    /// <summary>The path of the call.</summary>
    public string Path => Request.PathAndQuery.IndexOf('?') is >= 0 and var query ? Request.PathAndQuery[..query] : Request.PathAndQuery;

    /// <summary>The query of the call, without its question mark.</summary>
    public string Query => Request.PathAndQuery.IndexOf('?') is >= 0 and var query ? Request.PathAndQuery[(query + 1)..] : "";

    /// <summary>
    /// The headers that the new call starts from: the caller's own of the old one, less those that told of a body which is another now. With headers of its own, only
    /// those that tell of the body, when it is the old one.
    /// </summary>
    public IReadOnlyList<StoredHeader> Headers(IReadOnlyList<StoredHeader> ours, IReadOnlyList<StoredHeader>? own, bool newBody) =>
        [.. Request.Headers.Where(h => IsOfTheBody(h) ? !newBody && !Has(own, h.Name) : own is null && !Has(ours, h.Name)), .. own ?? []];

    private static bool IsOfTheBody(StoredHeader header) => OfTheBody.Contains(header.Name, StringComparer.OrdinalIgnoreCase);

    private static bool Has(IReadOnlyList<StoredHeader>? headers, string name) =>
        headers?.Any(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) == true;
}
