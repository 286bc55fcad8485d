using System.ComponentModel.DataAnnotations;

namespace InterCluster.Dispatcher.Webhooks;

/// <summary>How webhooks are sent (<c>InterCluster:Webhooks</c>).</summary>
internal sealed class WebhookOptions : IValidatableObject
{
    /// <summary>Deliveries that are sent at once. Default 64.</summary>
    [Range(1, 1024, ErrorMessage = "InterCluster:Webhooks:Concurrency must be from {1} to {2}.")]
    public int Concurrency { get; set; } = 64;

    /// <summary>Of one project. Default 32.</summary>
    [Range(1, 1024, ErrorMessage = "InterCluster:Webhooks:PerProject must be from {1} to {2}.")]
    public int PerProject { get; set; } = 32;

    /// <summary>Of one project to one receiver: what a dead one can hold up. Default 4.</summary>
    [Range(1, 1024, ErrorMessage = "InterCluster:Webhooks:PerReceiver must be from {1} to {2}.")]
    public int PerReceiver { get; set; } = 4;

    /// <summary>Bodies that are held in memory while they are sent, in bytes. Default 64 MiB.</summary>
    [Range(1 << 20, 1L << 36, ErrorMessage = "InterCluster:Webhooks:BytesInFlight must be from {1} to {2}.")]
    public long BytesInFlight { get; set; } = 64L << 20;

    /// <summary>How long a receiver may fail, without one success, before nothing is sent to it until it is enabled again. Default 3 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ErrorMessage = "InterCluster:Webhooks:DisableAfter must be from {1} to {2}.")]
    public TimeSpan DisableAfter { get; set; } = TimeSpan.FromDays(3);

    /// <summary>And how often at least. Default 20.</summary>
    [Range(1, 1_000_000, ErrorMessage = "InterCluster:Webhooks:DisableAfterFailures must be from {1} to {2}.")]
    public int DisableAfterFailures { get; set; } = 20;

    /// <summary>How long an attempt may take, from the look-up of the name to the end of the answer. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = "InterCluster:Webhooks:Timeout must be from {1} to {2}.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a sender holds a delivery: when it dies, the delivery is sent again after this time. Default 30 s; at least twice the timeout.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "InterCluster:Webhooks:Lease must be from {1} to {2}.")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the store is asked for due deliveries when nothing tells of them. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00", ErrorMessage = "InterCluster:Webhooks:PollPeriod must be from {1} to {2}.")]
    public TimeSpan PollPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a delivered webhook stays in the log. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00", ErrorMessage = "InterCluster:Webhooks:KeepDelivered must be from {1} to {2}.")]
    public TimeSpan KeepDelivered { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a dead one stays, and can be sent again. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00", ErrorMessage = "InterCluster:Webhooks:KeepDead must be from {1} to {2}.")]
    public TimeSpan KeepDead { get; set; } = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lease < Timeout * 2)
        {
            yield return new ValidationResult($"InterCluster:Webhooks:Lease is {Lease}; it must be at least twice InterCluster:Webhooks:Timeout ({Timeout}).");
        }
    }
}
