namespace InterCluster.Api.Tests.Gateway;

/// <summary>A test that waits for a signal fails by name when it does not come, and does not hang.</summary>
internal static class Waits
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Task Within(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets fake time go by until the task is over.</summary>
    public static async Task WithinAsync(this Task task, Microsoft.Extensions.Time.Testing.FakeTimeProvider time)
    {
        long start = TimeProvider.System.GetTimestamp();
        for (; !task.IsCompleted && TimeProvider.System.GetElapsedTime(start) < Limit; await Task.Yield())
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        await task.Within();
    }
}
