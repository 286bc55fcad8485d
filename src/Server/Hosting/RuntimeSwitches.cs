namespace InterCluster.Server.Hosting;

/// <summary>
/// What the runtime reads once, before the first socket. Socket completions run on the thread that learned of them (docs/decisions/0002). Whoever set the variable before has decided.
/// </summary>
internal static class RuntimeSwitches
{
    private const string Completions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void Set()
    {
        if (Environment.GetEnvironmentVariable(Completions) is null)
        {
            Environment.SetEnvironmentVariable(Completions, "1");
        }

        // A bare line feed ends no line (RELIABILITY S05); the lenient chunk parser and keep-alive after CL+TE stay off (S11).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.EnableInsecureChunkedRequestParsing", false);
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.AllowKeepAliveAfterCLTE", false);
    }
}
