namespace InterCluster.Storage.Retention;

/// <summary>The runs that have ended, for whoever removes them.</summary>
internal interface IEndedRuns
{
    /// <summary>Removes runs that ended longer ago than this, at most <paramref name="limit"/> in one commit; how many.</summary>
    ValueTask<int> RemoveAsync(RetentionKind kind, TimeSpan age, int limit, CancellationToken ct);

    /// <summary>Removes batches that were opened longer ago than this and have no run that has not ended, at most <paramref name="limit"/>; how many.</summary>
    ValueTask<int> RemoveBatchesAsync(TimeSpan age, int limit, CancellationToken ct);
}

/// <summary>What is kept equally long.</summary>
internal enum RetentionKind
{
    /// <summary>Succeeded and cancelled.</summary>
    Done,

    /// <summary>Failed and dead.</summary>
    Failed,
}
