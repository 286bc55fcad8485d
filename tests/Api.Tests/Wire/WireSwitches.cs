using System.Runtime.CompilerServices;

namespace InterCluster.Api.Tests.Wire;

/// <summary>The server's switches, as the product sets them at the start of its process (Server, RuntimeSwitches).</summary>
internal static class WireSwitches
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.";

    [ModuleInitializer]
    internal static void Set()
    {
        AppContext.SetSwitch(Kestrel + "DisableHttp1LineFeedTerminators", true);
        AppContext.SetSwitch(Kestrel + "EnableInsecureChunkedRequestParsing", false);
        AppContext.SetSwitch(Kestrel + "AllowKeepAliveAfterCLTE", false);
    }
}
