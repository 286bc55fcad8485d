namespace InterCluster.Workers.Tests.Harness;

/// <summary>For what happens outside of the system under test and gives no signal.</summary>
internal static class Eventually
{
    public static async Task Async(Func<bool> condition, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Never came true: {what}");
            await Task.Delay(10, CancellationToken.None);
        }
    }
}
