using InterCluster.Storage.Tests;
using InterCluster.Storage.Tests.Sqlite;

if (args is [SubmitterProcess.Argument, string folder])
{
    await SubmitterProcess.RunAsync(folder);
    return 0;
}

return args.Any(arg => arg is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
