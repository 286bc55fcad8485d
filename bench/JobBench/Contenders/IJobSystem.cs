namespace InterCluster.Bench.Jobs.Contenders;

/// <summary>A job system under measurement: submission and work apart, each on an empty store.</summary>
internal interface IJobSystem
{
    string Name { get; }

    /// <summary>How many jobs of the plan it gets: the slow ones fewer, so that all rounds take seconds.</summary>
    double Share { get; }

    /// <summary>Makes an empty store, ready to take jobs; nothing works on them yet.</summary>
    Task PrepareAsync(CancellationToken ct);

    /// <summary>Adds jobs one by one, over its own client, from many callers at once; how long it took.</summary>
    Task<TimeSpan> SubmitAsync(int jobs, int callers, CancellationToken ct);

    /// <summary>Starts what works on the jobs.</summary>
    Task WorkAsync(CancellationToken ct);

    /// <summary>Ends everything it started.</summary>
    Task StopAsync();
}
