using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class WebhookTests
{
    private const string Deliveries = "/api/v1/projects/p-local/webhooks/deliveries";

    [Fact]
    public async Task Webhooks_alone_lists_deliveries_with_its_filters()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Deliveries}", new DeliveryListView([Delivery()], "next-page"));

        Outcome outcome = await cli.RunAsync("webhooks", "--state", "dead", "--run", "r1", "--limit", "5", "--cursor", "c");

        Assert.Equal(0, outcome.Exit);
        Assert.Equal($"{Deliveries}?state=dead&run=r1&limit=5&cursor=c", cli.Server.Only.PathAndQuery);
        Assert.Equal("d1\tapp/work\tdead\t3\t500\trefused\t2026-08-01T11:00:00.000Z\thttps://hooks.example/take", outcome.Lines[1]);
        Assert.Contains("--cursor next-page", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_tells_of_each_attempt()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Deliveries}/d1", Delivery() with { Log = [new DeliveryAttemptView(1, CliHarness.Now, 12, null, "timeout"), new DeliveryAttemptView(2, CliHarness.Now, 5, 500, "refused")] });

        Outcome outcome = await cli.RunAsync("webhooks", "show", "d1");

        Assert.Equal(0, outcome.Exit);
        Assert.Contains("1\t\ttimeout\t0.012\t2026-08-01T12:00:00.000Z", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("2\t500\trefused\t0.005\t2026-08-01T12:00:00.000Z", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redeliver_is_exit_1_when_one_of_them_was_pending()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Deliveries}/d1/redeliver", new DeliveryChangeView("d1", true, DeliveryState.Dead));
        cli.Server.On($"POST {Deliveries}/d2/redeliver", new DeliveryChangeView("d2", false, DeliveryState.Pending));

        Assert.Equal((0, "d1 is sent again; it was dead.\n"), Of(await cli.RunAsync("webhooks", "redeliver", "d1")));
        Assert.Equal((1, "d1 is sent again; it was dead.\nd2 is pending already.\n"), Of(await cli.RunAsync("webhooks", "redeliver", "d1", "d2")));
    }

    [Fact]
    public async Task An_unknown_delivery_is_exit_5()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem($"GET {Deliveries}/d9", 404, "not_found", "The project has no such delivery.");

        Assert.Equal(5, (await cli.RunAsync("webhooks", "show", "d9")).Exit);
    }

    private static (int, string) Of(Outcome outcome) => (outcome.Exit, outcome.Out);

    private static DeliveryView Delivery() => new()
    {
        DeliveryId = "d1", RunId = "r1", App = "app", Function = "work", Url = "https://hooks.example/take", State = DeliveryState.Dead,
        Attempts = 3, CreatedAt = CliHarness.Now.AddHours(-1), LastStatus = 500, LastError = "refused", RunState = RunState.Succeeded, RunStatus = 200,
    };
}
