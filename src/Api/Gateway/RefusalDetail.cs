using System.Globalization;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;

namespace InterCluster.Api.Gateway;

/// <summary>The limit that a refusal ran into, for people.</summary>
internal static class RefusalDetail
{
    public static string For(Refusal refusal, ScalingConfig limits) => refusal switch
    {
        Refusal.QueueFull => string.Create(CultureInfo.InvariantCulture, $"The app's queue is full (queue_max_length {limits.QueueMaxLength}, queue_max_bytes {limits.QueueMaxBytes})."),
        Refusal.QueueTimeout => string.Create(CultureInfo.InvariantCulture, $"No slot became free within queue_timeout ({limits.QueueTimeout.TotalSeconds:0.###} s)."),
        Refusal.ColdStartTimeout => string.Create(CultureInfo.InvariantCulture, $"No replica became ready within cold_start_timeout ({limits.ColdStartTimeout.TotalSeconds:0.###} s)."),
        Refusal.NoReplica => "The app has no replica and none can be started; see its replicas.",
        Refusal.Draining => "The app is going away.",
        _ => "",
    };
}
