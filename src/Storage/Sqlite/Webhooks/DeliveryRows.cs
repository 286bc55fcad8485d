using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>Reads rows of deliveries.</summary>
internal static class DeliveryRows
{
    private const string Subject = "app, function, project, run_id, run_state, run_attempt, status, error";

    /// <summary>What <see cref="Claimed"/> reads, in its order.</summary>
    public const string ClaimColumns = $"{Subject}, id, lease, url, authority, secret, retries, content_type, size, attempts, tries, of_batch";

    /// <summary>What <see cref="Info"/> reads, in its order.</summary>
    public const string InfoColumns =
        $"{Subject}, id, url, retries, secret is not null, state, attempts, created_at, due_at, finished_at, last_status, last_error, size, of_batch";

    public static ClaimedDelivery Claimed(Statement row) => new()
    {
        Subject = SubjectOf(row) with { IsBatch = row.Int(18) != 0 },
        Id = row.Id(8).Value,
        Lease = row.Long(9),
        Target = new WebhookTarget { Url = row.Text(10), Authority = row.Text(11), Secret = row.TextOrNull(12), Retries = (WebhookRetries)row.Int(13) },
        ContentType = row.TextOrNull(14),
        Body = row.IsNull(15) ? (ReadOnlyMemory<byte>?)null : ReadOnlyMemory<byte>.Empty,
        Attempts = row.Int(16),
        Tries = row.Int(17),
    };

    public static DeliveryInfo Info(Statement row)
    {
        var state = (DeliveryState)row.Int(12);
        return new DeliveryInfo
        {
            Subject = SubjectOf(row) with { IsBatch = row.Int(20) != 0 },
            Id = row.Id(8).Value,
            Url = row.Text(9),
            Retries = (WebhookRetries)row.Int(10),
            Signed = row.Int(11) == 1,
            State = state,
            Attempts = row.Int(13),
            CreatedAt = Micros.ToTime(row.Long(14)),
            DueAt = state == DeliveryState.Pending ? Micros.ToTime(row.Long(15)) : null,
            FinishedAt = Micros.ToTime(row.LongOrNull(16)),
            LastStatus = row.IntOrNull(17),
            LastError = row.TextOrNull(18),
            BodyBytes = row.LongOrNull(19),
        };
    }

    private static DeliverySubject SubjectOf(Statement row) => new(
        new FunctionId(new AppId(row.Text(2), row.Text(0)), row.Text(1)), row.Id(3), (RunState?)row.IntOrNull(4), row.IntOrNull(5), row.IntOrNull(6),
        row.TextOrNull(7));
}
