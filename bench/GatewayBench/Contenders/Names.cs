namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>The contenders, as <c>--contenders</c> and the report name them.</summary>
internal static class Names
{
    public const string Direct = "direct";
    public const string Yarp = "yarp";
    public const string YarpInline = "yarp-inline";
    public const string Nginx = "nginx";
    public const string HAProxy = "haproxy";
    public const string InterCluster = "intercluster";

    public static readonly IReadOnlyList<string> All = [Direct, Yarp, YarpInline, Nginx, HAProxy, InterCluster];

    public static string WithApps(string name, int apps) => $"{name}, {apps} apps";
}
