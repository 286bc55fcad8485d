using System.Text;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>Runs and answers to test with.</summary>
internal static class Some
{
    public const string Project = "p-one";
    public static readonly AppId App = new(Project, "app");
    public static readonly FunctionId Function = new(App, "work");
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    public static NewRun Run(TimeProvider time, FunctionId? function = null) => new()
    {
        Id = RunId.New(time),
        Function = function ?? Function,
        Request = new RunRequest("POST", "/work?x=1", [new("Content-Type", "text/plain"), new("X-Two", "a"), new("x-two", "ü")], "hello"u8.ToArray()),
        CreatedAt = time.GetUtcNow(),
    };

    public static RunResponse Response(int status, string body) => new(status, [new("Content-Type", "text/plain")], Encoding.UTF8.GetBytes(body));

    public static ValueTask<SubmitResult> SubmitAsync(this StoreHarness store, NewRun run) => store.Runs.SubmitAsync(run, default);

    public static async Task<RunId> SubmitAsync(this StoreHarness store, FunctionId? function = null) =>
        (await store.Runs.SubmitAsync(Run(store.Time, function), default)).Id;

    public static async Task<ClaimedRun> ClaimAsync(this StoreHarness store, RunId id) =>
        Assert.Single(await store.Runs.ClaimAsync([id], "worker", Lease, default));

    public static async Task<bool> SettleAsync(this StoreHarness store, Settlement settlement) =>
        Assert.Single(await store.Runs.SettleAsync([settlement], default));

    public static async Task<RunInfo> InfoAsync(this StoreHarness store, RunId id)
    {
        RunInfo? info = await store.Runs.GetAsync(Project, id, default);
        Assert.NotNull(info);
        return info;
    }
}
