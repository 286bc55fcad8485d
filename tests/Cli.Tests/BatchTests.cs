using InterCluster.Core.Batches;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class BatchTests
{
    private const string Id = "0198c0de-0000-7000-8000-000000000001";
    private const string Project = "/api/v1/projects/p-local";

    [Fact]
    public async Task Submit_sends_the_lines_and_prints_the_id_alone()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Input = "{\"body\":1}\n{\"body\":2}\n";
        cli.Server.On($"POST {Project}/apps/report/functions/build/batches", Accepted(), 202);

        Outcome outcome = await cli.RunAsync("batch", "submit", "report/build", "--key", "night-1");

        Assert.Equal((0, Id + "\n"), (outcome.Exit, outcome.Out));
        Assert.Equal((cli.Input, "application/x-ndjson", "night-1"), (cli.Server.Only.Body, cli.Server.Only.Header("Content-Type"), cli.Server.Only.Header("Idempotency-Key")));
    }

    [Fact]
    public async Task Submit_names_the_lines_that_were_refused()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On(
            $"POST {Project}/apps/report/functions/build/batches",
            Accepted() with { Rejected = [new RejectedLineView(7, "invalid_field", "priority must be high, normal or low.")], RejectedTotal = 1 }, 202);

        Outcome outcome = await cli.RunAsync("batch", "submit", "report/build");

        Assert.Equal(1, outcome.Exit);
        Assert.Contains("line 7: invalid_field: priority", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ends_with_the_batch_and_says_by_its_exit_code_how()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Project}/batches/{Id}", View(succeeded: 1, dead: 1));

        Outcome outcome = await cli.RunAsync("batch", "watch", Id);

        Assert.Equal(1, outcome.Exit);
        Assert.Contains("dead\t1\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_passed_on_as_they_are()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Project}/batches/{Id}/results", c => FakeServer.WriteAsync(c, 200, "application/x-ndjson", "{\"line\":1}\n"));

        Outcome outcome = await cli.RunAsync("batch", "results", Id, "--follow", "--after", "5");

        Assert.Equal((0, "{\"line\":1}\n"), (outcome.Exit, outcome.Out));
        Assert.Equal($"{Project}/batches/{Id}/results?follow=true&after=5", cli.Server.Only.PathAndQuery);
    }

    [Fact]
    public async Task Cancel_goes_on_while_there_is_more()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        int asked = 0;
        cli.Server.On($"DELETE {Project}/batches/{Id}", c => FakeServer.WriteAsync(c, 200, "application/json", new RunsChangeView
        {
            DryRun = false, Matched = 5, Changed = 5, More = ++asked < 3, RunIds = [],
        }));

        Outcome outcome = await cli.RunAsync("batch", "cancel", Id);

        Assert.Equal((0, 3), (outcome.Exit, asked));
        Assert.Contains("15 runs", outcome.Out, StringComparison.Ordinal);
    }

    private static BatchAcceptedView Accepted() => new() { BatchId = Id, Lines = 2, Accepted = 2, Duplicates = 0, Rejected = [], RejectedTotal = 0 };

    private static BatchView View(long succeeded, long dead) => new()
    {
        BatchId = Id, Project = "p-local", App = "report", Function = "build", State = BatchState.Complete, Done = true, Lines = 2,
        Accepted = succeeded + dead, Duplicates = 0, Rejected = 0, Counts = new RunCountsView(0, 0, 0, succeeded, 0, 0, dead), CreatedAt = CliHarness.Now,
    };
}
