using InterCluster.Cli.CommandLine;

return await CliApp.RunAsync(args, CliHost.Real());
