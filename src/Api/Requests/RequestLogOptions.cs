using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Requests;

/// <summary>The request log's settings (<c>InterCluster:Requests</c>).</summary>
public sealed class RequestLogOptions
{
    public const string Section = "InterCluster:Requests";

    /// <summary>Calls that are kept, rounded up to a power of two. Default 16 384 (about 4 MB).</summary>
    [Range(16, 1 << 22)]
    public int Capacity { get; set; } = 16_384;
}
