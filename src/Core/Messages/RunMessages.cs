namespace InterCluster.Core.Messages;

/// <summary>The doorbell of the gateway: these runs of one function are committed and ready. Ids only; bodies stay in the store.</summary>
public sealed record RunsSubmitted
{
    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>The function.</summary>
    public required string Function { get; init; }

    /// <summary>The runs, at most <see cref="MaxIds"/>.</summary>
    public required IReadOnlyList<Guid> Ids { get; init; }

    /// <summary>Ids per message at most.</summary>
    public const int MaxIds = 256;
}

/// <summary>On a function's queue: these runs wait for a worker.</summary>
public sealed record RunsReady
{
    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>The function.</summary>
    public required string Function { get; init; }

    /// <summary>The runs.</summary>
    public required IReadOnlyList<Guid> Ids { get; init; }
}

/// <summary>To every worker: this function's queue has work; connect to it.</summary>
public sealed record FunctionQueueActivated
{
    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>The function.</summary>
    public required string Function { get; init; }
}
