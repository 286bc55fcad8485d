using System.Runtime.CompilerServices;

namespace InterCluster.EndToEnd.Tests.Support;

/// <summary>Waits for what another process does and gives no signal of.</summary>
internal static class Until
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), Patience, what);

    public static Task TrueAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(condition, Patience, what);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan patience, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        long started = TimeProvider.System.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < patience, $"Not true within {patience.TotalSeconds} s: {what}");
            await pace.WaitForNextTickAsync();
        }
    }
}
