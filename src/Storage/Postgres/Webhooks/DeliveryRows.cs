using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;

namespace InterCluster.Storage.Postgres.Webhooks;

/// <summary>Reads rows of deliveries.</summary>
internal static class DeliveryRows
{
    private const string Subject = "app, function, project, run_id, run_state, run_attempt, status, error";

    /// <summary>What <see cref="Claimed"/> reads, in its order; a body comes after it.</summary>
    public const string ClaimColumns = $"{Subject}, id, lease, url, authority, secret, retries, content_type, headers, size, attempts, tries, of_batch";

    /// <summary>What <see cref="Info"/> reads, in its order.</summary>
    public const string InfoColumns =
        $"{Subject}, id, url, retries, secret is not null, state, attempts, created_at, due_at, finished_at, last_status, last_error, size, seq, of_batch";

    public static ClaimedDelivery Claimed(NpgsqlDataReader row) => new()
    {
        Subject = SubjectOf(row) with { IsBatch = row.GetBoolean(19) },
        Id = row.GetGuid(8),
        Lease = row.GetInt64(9),
        Target = new WebhookTarget
        {
            Url = row.GetString(10), Authority = row.GetString(11), Secret = row.GetTextOrNull(12), Retries = (WebhookRetries)row.GetInt16(13),
        },
        ContentType = row.IsDBNull(15) ? row.GetTextOrNull(14) : ContentType(HeaderCodec.Decode(row.GetBytes(15))),
        Attempts = row.GetInt32(17),
        Tries = row.GetInt32(18),
        Body = row.IsDBNull(16) ? (ReadOnlyMemory<byte>?)null : row.IsDBNull(20) ? ReadOnlyMemory<byte>.Empty : row.GetBytes(20),
        IsReceiverDisabled = row.GetBoolean(21),
    };

    public static DeliveryInfo Info(NpgsqlDataReader row)
    {
        var state = (DeliveryState)row.GetInt16(12);
        return new DeliveryInfo
        {
            Subject = SubjectOf(row) with { IsBatch = row.GetBoolean(21) },
            Id = row.GetGuid(8),
            Url = row.GetString(9),
            Retries = (WebhookRetries)row.GetInt16(10),
            Signed = row.GetBoolean(11),
            State = state,
            Attempts = row.GetInt32(13),
            CreatedAt = row.GetTime(14),
            DueAt = state == DeliveryState.Pending ? row.GetTime(15) : null,
            FinishedAt = row.GetTimeOrNull(16),
            LastStatus = row.GetIntOrNull(17),
            LastError = row.GetTextOrNull(18),
            BodyBytes = row.IsDBNull(19) ? null : row.GetInt64(19),
        };
    }

    private static DeliverySubject SubjectOf(NpgsqlDataReader row) => new(
        new FunctionId(new AppId(row.GetString(2), row.GetString(0)), row.GetString(1)), new RunId(row.GetGuid(3)),
        row.IsDBNull(4) ? null : (RunState)row.GetInt16(4), row.GetIntOrNull(5), row.GetIntOrNull(6), row.GetTextOrNull(7));

    private static string? ContentType(IReadOnlyList<StoredHeader> headers) =>
        headers.FirstOrDefault(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value;
}
