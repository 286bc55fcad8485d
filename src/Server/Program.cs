return await InterCluster.Server.ServerProgram.RunAsync(args);
