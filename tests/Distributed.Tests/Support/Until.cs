namespace InterCluster.Distributed.Tests.Support;

/// <summary>For what happens in a broker, which gives no signal.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"Never came true: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public static async Task<T> NotNullAsync<T>(Func<Task<T?>> read, string what)
        where T : struct
    {
        T? found = null;
        await TrueAsync(async () => (found = await read()) is not null, what);
        return found!.Value;
    }
}
