using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Server_that_takes_work_is_healthy()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("GET /readyz", new HealthView("ready"));

        Outcome outcome = await cli.RunAsync("health");

        Assert.Equal(ExitCodes.Ok, outcome.Exit);
        Assert.Equal(["ready"], outcome.Lines);
    }

    [Fact]
    public async Task Server_that_takes_none_is_not_and_says_why()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("GET /readyz", new HealthView("not_ready", ["the broker does not answer", "shutting down"]), 503);

        Outcome outcome = await cli.RunAsync("health");

        Assert.Equal(ExitCodes.Failed, outcome.Exit);
        Assert.Equal(["not ready: the broker does not answer; shutting down"], outcome.Lines);
    }

    [Fact]
    public async Task What_is_no_control_plane_is_a_failure()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("GET /readyz", context => context.Response.Body.WriteAsync("hello"u8.ToArray()).AsTask());

        Outcome outcome = await cli.RunAsync("health");

        Assert.Equal(ExitCodes.Failed, outcome.Exit);
        Assert.Contains("no control plane", outcome.Error, StringComparison.Ordinal);
    }
}
