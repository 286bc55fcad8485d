using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Webhooks;

/// <summary>What of the answers of sync calls is kept for their webhooks (<c>InterCluster:Webhooks</c>).</summary>
internal sealed class WebhookCaptureOptions
{
    /// <summary>The largest answer of a sync call that is delivered, in bytes. Default 10 MB. The webhook of a larger one comes without its body.</summary>
    [Range(0, 256 << 20, ErrorMessage = "InterCluster:Webhooks:MaxBodyBytes must be from {1} to {2}.")]
    public int MaxBodyBytes { get; set; } = 10_000_000;

    /// <summary>Answers of all sync calls together that are kept in memory until their webhooks are stored. Default 256 MiB. What does not fit comes without its body.</summary>
    [Range(0, 1L << 40, ErrorMessage = "InterCluster:Webhooks:CaptureBytes must be from {1} to {2}.")]
    public long CaptureBytes { get; set; } = 256L << 20;

    /// <summary>Webhooks of sync calls that may wait to be stored. Default 10 000. One more is dropped and counted.</summary>
    [Range(1, 1 << 24, ErrorMessage = "InterCluster:Webhooks:MaxUnstored must be from {1} to {2}.")]
    public int MaxUnstored { get; set; } = 10_000;
}
