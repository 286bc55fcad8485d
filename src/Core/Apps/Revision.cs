using InterCluster.Core.Naming;

namespace InterCluster.Core.Apps;

/// <summary>One deployed version of an app: immutable.</summary>
/// <param name="App">The app.</param>
/// <param name="Number">1 for the first deploy, then one more each time; never used again, not even after a delete.</param>
/// <param name="Config">What was deployed.</param>
/// <param name="DeployedAt">When.</param>
/// <param name="DeployedBy">The key that did it.</param>
public sealed record Revision(AppId App, int Number, AppConfig Config, DateTimeOffset DeployedAt, string DeployedBy);
