using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

/// <summary>Wire views with ordinary values.</summary>
internal static class Views
{
    public const string RunId = "0198c0de-0000-7000-8000-000000000001";

    public static AppView App(string name = "words", int revision = 3, int min = 0, IReadOnlyList<string>? notApplicable = null) => new()
    {
        Project = "p-local",
        App = name,
        Revision = revision,
        DeployedAt = CliHarness.Now.AddMinutes(-5),
        DeployedBy = "admin",
        DisableAuth = false,
        Url = $"http://127.0.0.1:8080/v4/p-local/{name}",
        Entrypoint = ["dotnet", "run"],
        Addresses = [],
        Scaling = new ScalingView(min, 4, 10, 900, 10, "round-robin", 30, 120, 1000, 64 << 20, 0.1),
        Live = new AppLiveView(2, 1, 0, 1, 2, 10, 7, false),
        NotApplicable = notApplicable,
    };

    public static ReplicaView Replica(ReplicaState state, int revision = 3, string? detail = null) =>
        new("words-1", revision, state, "http://127.0.0.1:5001", 4711, CliHarness.Now.AddSeconds(-30), null, 2, detail);

    public static RunView Run(RunState state, int attempt = 1, int? status = null, string? error = null, string id = RunId) => new()
    {
        RunId = id,
        Project = "p-local",
        App = "words",
        Function = "count",
        State = state,
        Method = "POST",
        Path = "/count",
        Attempt = attempt,
        MaxAttempts = 5,
        CreatedAt = CliHarness.Now.AddSeconds(-90),
        StartedAt = state >= RunState.Running ? CliHarness.Now.AddSeconds(-60) : null,
        FinishedAt = state >= RunState.Succeeded ? CliHarness.Now.AddSeconds(-57.5) : null,
        Status = status,
        Error = error,
    };

    public static KeyView Key(string id = "k1", string? token = null, DateTimeOffset? revoked = null) => new()
    {
        Id = id,
        Project = "p-local",
        Name = "ci",
        Scopes = ["invoke", "read"],
        IssuedAt = CliHarness.Now.AddDays(-10),
        ExpiresAt = CliHarness.Now.AddDays(20),
        RevokedAt = revoked,
        State = revoked is null ? "valid" : "revoked",
        Token = token,
    };
}
