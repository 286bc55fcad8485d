namespace InterCluster.Core.Runs;

/// <summary>The waits between the attempts of a run: <c>First × 2^(n−1)</c>, at most <c>Longest</c> (<see cref="RetryPolicy"/>).</summary>
/// <param name="First">The wait after the first failure.</param>
/// <param name="Longest">The longest wait.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>What applies to a function that says nothing.</summary>
    public static readonly Backoff Default = new(RetryPolicy.BaseDelay, RetryPolicy.MaxDelay);
}
