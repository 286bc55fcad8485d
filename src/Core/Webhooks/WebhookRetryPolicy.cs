using InterCluster.Core.Runs;

namespace InterCluster.Core.Webhooks;

/// <summary>
/// What follows from an attempt to deliver: a pure function. <see cref="WebhookRetries.Quick"/>: three attempts at most 5 s apart, of which only
/// broken connections, timeouts and 404 lead to another. <see cref="WebhookRetries.Lasting"/>: eight over about a day, whatever the failure; but
/// 410 ends it, as does an address that may not be called.
/// </summary>
public static class WebhookRetryPolicy
{
    private static readonly TimeSpan[] Quick = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)];

    private static readonly TimeSpan[] Lasting =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(10),
    ];

    /// <summary>Attempts at most.</summary>
    public static int MaxTries(WebhookRetries retries) => Delays(retries).Length + 1;

    /// <summary>Decides.</summary>
    /// <param name="delivery">The delivery as it was claimed.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="retryAfter">What the receiver asked for in <c>Retry-After</c>; honoured up to an hour where there is another attempt.</param>
    /// <param name="now">The time.</param>
    /// <param name="random">A number from 0 (inclusive) to 1 (exclusive).</param>
    public static DeliverySettlement Decide(ClaimedDelivery delivery, DeliveryAttempt attempt, TimeSpan? retryAfter, DateTimeOffset now, double random)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ArgumentNullException.ThrowIfNull(attempt);
        WebhookRetries retries = delivery.Target.Retries;
        TimeSpan[] delays = Delays(retries);
        if (attempt.Error is null)
        {
            return new DeliverySettlement(delivery.Id, delivery.Lease, attempt, DeliveryState.Delivered, null);
        }

        if (delivery.Tries >= delays.Length || !MayHelp(retries, attempt))
        {
            return new DeliverySettlement(delivery.Id, delivery.Lease, attempt, DeliveryState.Dead, null);
        }

        // Never longer than the table says: "at most 5 s apart" is part of the contract.
        TimeSpan delay = delays[delivery.Tries] * (0.8 + (0.2 * random));
        TimeSpan asked = retries == WebhookRetries.Lasting ? RetryPolicy.Honoured(retryAfter) : TimeSpan.Zero;
        return new DeliverySettlement(delivery.Id, delivery.Lease, attempt, DeliveryState.Pending, now + (asked > delay ? asked : delay));
    }

    private static TimeSpan[] Delays(WebhookRetries retries) => retries == WebhookRetries.Quick ? Quick : Lasting;

    private static bool MayHelp(WebhookRetries retries, DeliveryAttempt attempt) => attempt.Error switch
    {
        DeliveryErrors.BlockedAddress or DeliveryErrors.ReceiverDisabled => false,
        DeliveryErrors.Timeout or DeliveryErrors.Unreachable or DeliveryErrors.Certificate or DeliveryErrors.SecretUnavailable => true,
        _ => attempt.Status == 404 || (retries == WebhookRetries.Lasting && attempt.Status != 410),
    };
}
