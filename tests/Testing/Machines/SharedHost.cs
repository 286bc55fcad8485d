namespace InterCluster.Testing.Machines;

/// <summary>
/// The one server of its kind that the tests of an assembly share, started when it is first asked for. Where it runs: in a container where an engine answers,
/// else from the system's packages.
/// </summary>
internal sealed class SharedHost<THost> : IAsyncDisposable
    where THost : class, IServerHost
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly Func<Task<THost>> _start;
    private THost? _host;

    private SharedHost(Func<Task<THost>> start) => _start = start;

    public THost Host => _host ?? throw new InvalidOperationException($"No test has asked for the {typeof(THost).Name} yet.");

    /// <summary>One in a container, whatever the others are.</summary>
    public static SharedHost<THost> InContainer(Func<THost> container, Func<THost, Task> prepare) => new(() => StartAsync(container(), prepare));

    /// <param name="name">What people call the server.</param>
    /// <param name="image">The image that somebody asked for, if anybody did.</param>
    /// <param name="container">One that runs in a container.</param>
    /// <param name="native">One that runs from the system's package.</param>
    /// <param name="prepare">What every user of the server needs to find there.</param>
    public static SharedHost<THost> WhereItCan(string name, string? image, Func<THost> container, Func<THost> native, Func<THost, Task> prepare) => new(
        async () => await ServerKind.IsContainerAsync()
            ? await InContainerOrNativeAsync(name, image, container, native, prepare)
            : await StartAsync(native(), prepare));

    public async Task EnsureStartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            _host ??= await _start();
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _starting.Dispose();
    }

    // An engine that answers may still have no way to the image. Whoever names an image, or containers, means it.
    private static async Task<THost> InContainerOrNativeAsync(
        string name, string? image, Func<THost> container, Func<THost> native, Func<THost, Task> prepare)
    {
        try
        {
            return await StartAsync(container(), prepare);
        }
        catch (Exception e) when (image is null && !ServerKind.IsSettled)
        {
            await Console.Error.WriteLineAsync($"{name} does not start in a container ({e.GetType().Name}); the system's own is taken.");
            return await StartAsync(native(), prepare);
        }
    }

    private static async Task<THost> StartAsync(THost host, Func<THost, Task> prepare)
    {
        try
        {
            await host.StartAsync();
            await prepare(host);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }
}
