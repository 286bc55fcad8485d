namespace InterCluster.EndToEnd.Tests.Support;

/// <summary>How much a test does: what fits into continuous integration, or, with <c>INTERCLUSTER_LONG_TESTS=1</c>, what is worth a night.</summary>
internal static class Size
{
    public static int Of(int usual, int thorough) => Environment.GetEnvironmentVariable("INTERCLUSTER_LONG_TESTS") == "1" ? thorough : usual;
}
