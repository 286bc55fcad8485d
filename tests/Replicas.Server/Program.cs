using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Replicas.Server;

// A server that a test may kill: data folder, app folder, number of replicas. Says "up" and runs until its standard input ends.
var app = new AppId("p-test", "app");
await using var fleet = new TestFleet(args[0]);
await fleet.StartAsync();
int replicas = int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture);
fleet.Deploy(app, new AppConfig
{
    Name = app.App,
    Runtime = new RuntimeConfig { Folder = args[1], Entrypoint = ["python3", "app.py"], ReadycheckEndpoint = "/ready" },
    Scaling = new ScalingConfig { MinReplicas = replicas, MaxReplicas = replicas },
});
while (!(fleet.Admissions.TryGet(app, out var admission) && admission.Demand.ReadyReplicas == replicas))
{
    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
}

Console.WriteLine("up");
await Console.In.ReadToEndAsync();
