using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Retention;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>Something of each kind for one project, by the stores themselves: every table has a row of it.</summary>
internal static class OneOfEach
{
    /// <summary>The id of a run that waits.</summary>
    public static async Task<RunId> AddAsync(StoreHarness store, string project)
    {
        var function = new FunctionId(new AppId(project, "app"), "work");
        await EndOneAsync(store, function);
        await AddRestAsync(store, function);
        return (await store.SubmitAsync(Hooked(store, function) with { IdempotencyKey = "key" })).Id;
    }

    private static NewRun Hooked(StoreHarness store, FunctionId function) => Some.Run(store.Time, function) with
    {
        Webhook = new WebhookTarget { Url = "https://a.example/hook", Authority = "a.example:443", Secret = "s3cret", Retries = WebhookRetries.Quick },
    };

    private static async Task EndOneAsync(StoreHarness store, FunctionId function)
    {
        RunId id = (await store.SubmitAsync(Hooked(store, function))).Id;
        ClaimedRun run = await store.ClaimAsync(id);
        Assert.True(await store.SettleAsync(Settlement.Succeeded(id, run.Lease, Some.Response(200, "done"))));
        foreach (ClaimedDelivery taken in (await store.Webhooks.ClaimAsync(new WebhookShares(100, 100, 100, 1 << 20, []), Some.Lease, default)).Deliveries)
        {
            var attempt = new DeliveryAttempt(1, StoreHarness.Start, TimeSpan.FromMilliseconds(12), 500, DeliveryErrors.Refused);
            await store.Webhooks.SettleAsync(
                new DeliverySettlement(taken.Id, taken.Lease, attempt, DeliveryState.Pending, store.Time.GetUtcNow().AddHours(1)), default);
        }
    }

    // A run without an answer, so that the mark of those whose answers were removed is there and the answers too.
    private static async Task MarkAsync(StoreHarness store, FunctionId function)
    {
        RunId id = (await store.SubmitAsync(Some.Run(store.Time, function))).Id;
        ClaimedRun run = await store.ClaimAsync(id);
        Assert.True(await store.SettleAsync(Settlement.Dead(id, run.Lease, RunErrors.WorkerLost, null)));
        var ended = store.Get<IEndedRuns>();
        int number = (await ended.FunctionsAsync(default)).Single(f => f.Function == function).Number;
        Assert.Equal(1, await ended.RemoveResultsAsync(new Keeping(number, RunState.Dead, TimeSpan.FromDays(-1)), 10, default));
    }

    private static async Task AddRestAsync(StoreHarness store, FunctionId function)
    {
        await MarkAsync(store, function);
        string project = function.App.Project;
        await store.Batches.OpenAsync(
            new NewBatch
            {
                Id = BatchId.New(store.Time), Function = function, CreatedAt = store.Time.GetUtcNow(),
                Webhook = new WebhookTarget { Url = "https://a.example/end", Authority = "a.example:443" },
            },
            default);
        await store.Apps.DeployAsync(function.App, new AppConfig { Name = "app", Runtime = new RuntimeConfig() }, "test", default);
        await store.Keys.AddAsync(
            new ProjectKey
            {
                Id = "k1", Project = project, Name = "laptop", Scopes = Scopes.Read, PublicKey = new byte[] { 1, 2, 3 }, IssuedAt = StoreHarness.Start,
                ExpiresAt = StoreHarness.Start.AddDays(90),
            },
            default);
        await store.Schedules.PutAsync(
            new Schedule
            {
                Project = project, Name = "daily", Cron = "0 9 * * *", TimeZone = "Europe/Berlin", Function = function,
                Request = new RunRequest("POST", "/work", [], "body"u8.ToArray()),
            },
            default);
        await store.Schedules.FireAsync(new FireRequest(project, "daily", [store.Time.GetUtcNow()], null, Manual: true), default);
    }
}
