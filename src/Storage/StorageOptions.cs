namespace InterCluster.Storage;

/// <summary>Where runs, apps and keys are kept (<c>InterCluster:Storage</c>).</summary>
public sealed class StorageOptions
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "InterCluster:Storage";

    /// <summary>
    /// The folder of the server's durable data, made when it is not there, for its owner only. One server at a time may use it.
    /// Default <c>data</c>, under the current folder.
    /// </summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>
    /// Submissions that may wait to be committed; one more is refused at once. Claims, settlements and the like have the same number again on
    /// top, so that a flood of submissions does not keep runs from ending. Default 20 000.
    /// </summary>
    public int SubmitQueueLimit { get; set; } = 20_000;

    /// <summary>Body bytes that may wait to be committed, by the same rule. Default 256 MiB.</summary>
    public long SubmitQueueBytes { get; set; } = 256L << 20;

    /// <summary>How long an <c>Idempotency-Key</c> names its run. Default 24 h.</summary>
    public TimeSpan IdempotencyLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Threads, each with its own connection, that read. Default 2.</summary>
    public int Readers { get; set; } = 2;
}
