namespace InterCluster.Core.Runs;

/// <summary>
/// When a failed attempt is tried again. The n-th failure waits <c>base × 2^(n−1)</c>, at most <see cref="MaxDelay"/>, times a random factor
/// from 0.8 to 1.2 (RELIABILITY D22: within 20 % of the formula): about 1 s, 2 s, 4 s, … 5 min.
/// </summary>
public static class RetryPolicy
{
    /// <summary>Attempts of the function, the first included.</summary>
    public const int DefaultMaxAttempts = 4;

    /// <summary>Workers that may die with a run before it is dead.</summary>
    public const int DefaultMaxCrashes = 3;

    /// <summary>The first delay.</summary>
    public static readonly TimeSpan BaseDelay = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay; also the longest <c>Retry-After</c> that is honoured is <see cref="MaxRetryAfter"/>.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(5);

    /// <summary>The longest <c>Retry-After</c> of a function that is honoured.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    /// <summary>The wait after the <paramref name="failures"/>-th failed attempt (1 for the first).</summary>
    /// <param name="failures">Failed attempts so far, at least 1.</param>
    /// <param name="retryAfter">What the function asked for; taken, within its limit, when longer than the formula's wait.</param>
    /// <param name="random">A number from 0 (inclusive) to 1 (exclusive).</param>
    /// <param name="backoff">The function's own waits; null: the defaults.</param>
    public static TimeSpan Delay(int failures, TimeSpan? retryAfter, double random, Backoff? backoff = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        (TimeSpan first, TimeSpan longest) = backoff ?? Backoff.Default;
        double seconds = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 60)));
        TimeSpan delay = TimeSpan.FromSeconds(seconds * (0.8 + (0.4 * random)));
        TimeSpan asked = Honoured(retryAfter);
        return asked > delay ? asked : delay;
    }

    /// <summary>As much of a <c>Retry-After</c> as is honoured; zero without one.</summary>
    public static TimeSpan Honoured(TimeSpan? retryAfter) =>
        retryAfter is { } asked ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, MaxRetryAfter.Ticks)) : TimeSpan.Zero;

    /// <summary>True when another try may mend this status: 408, 425, 429 and 5xx (RELIABILITY D22).</summary>
    public static bool IsRetryable(int status) => status is 408 or 425 or 429 or >= 500;
}
