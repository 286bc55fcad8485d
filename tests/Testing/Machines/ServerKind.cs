namespace InterCluster.Testing.Machines;

/// <summary>
/// Where the real servers of the tests run: in containers when an engine answers, else from the system's packages;
/// <c>INTERCLUSTER_TEST_SERVERS</c> settles it (<c>container</c> or <c>native</c>).
/// </summary>
internal static class ServerKind
{
    private const string Variable = "INTERCLUSTER_TEST_SERVERS";

    public static bool IsSettled => Asked is not null;

    private static string? Asked => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } asked ? asked : null;

    public static async Task<bool> IsContainerAsync() => Asked switch
    {
        null => await DockerEngine.IsThereAsync(),
        "container" => await DockerEngine.IsThereAsync() ? true : throw new InvalidOperationException($"{Variable} is 'container' and no engine answers."),
        "native" => false,
        { } other => throw new InvalidOperationException($"{Variable} is '{other}': container or native."),
    };
}
