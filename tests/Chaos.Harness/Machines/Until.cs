namespace InterCluster.Chaos.Harness.Machines;

/// <summary>Waits for what another process does and gives no signal of.</summary>
internal static class Until
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<Task<bool>> condition, string what) => TrueAsync(condition, Patience, what);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan patience, string what)
    {
        if (!await TryAsync(condition, patience))
        {
            throw new TimeoutException($"Not within {patience.TotalSeconds} s: {what}");
        }
    }

    /// <summary>False when the time is up.</summary>
    public static async Task<bool> TryAsync(Func<Task<bool>> condition, TimeSpan patience)
    {
        long started = TimeProvider.System.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > patience)
            {
                return false;
            }

            await pace.WaitForNextTickAsync();
        }

        return true;
    }
}
