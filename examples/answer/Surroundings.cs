namespace Examples.Answer;

/// <summary>What an app is told of the cluster it runs in.</summary>
/// <param name="Gateway">Where other apps are reached.</param>
/// <param name="Project">The project of this app.</param>
/// <param name="TokenFile">The file with this app's own token.</param>
internal sealed record Surroundings(Uri Gateway, string Project, string TokenFile)
{
    public static Surroundings FromEnvironment() => new(new Uri(Need("INTERCLUSTER_URL")), Need("INTERCLUSTER_PROJECT"), Need("INTERCLUSTER_TOKEN_FILE"));

    /// <summary>The address of a function of another app.</summary>
    public Uri Function(string app, string function) => new(Gateway, $"/v4/{Project}/{app}/{function}");

    private static string Need(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set: this app calls others and has to be deployed.");
}
