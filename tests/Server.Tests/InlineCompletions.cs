using System.Runtime.CompilerServices;
using InterCluster.Server.Hosting;

namespace InterCluster.Server.Tests;

/// <summary>As the server: set before the first socket of the process.</summary>
internal static class InlineCompletions
{
    [ModuleInitializer]
    public static void Set() => RuntimeSwitches.Set();
}
