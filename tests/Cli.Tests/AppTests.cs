using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Cli.Tests;

public sealed class AppTests
{
    private const string Apps = "/api/v1/projects/p-local/apps";

    [Fact]
    public async Task Apps_are_tab_separated_in_a_pipe()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Apps}", new AppListView([Views.App()]));

        Outcome outcome = await cli.RunAsync("apps");

        Assert.Equal(
            ["APP\tREV\tREPLICAS\tIN FLIGHT\tWAITING\tRUNS\tAUTH\tDEPLOYED", "words\t3\t1/2\t2\t1\t7\ttoken\t2026-08-01T11:55:00.000Z"],
            outcome.Lines);
    }

    [Fact]
    public async Task What_the_home_of_an_app_did_not_say_is_unknown_and_the_gateway_is_named()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Apps}", new AppListView([Views.App() with { Live = null }], ["http://10.0.0.2:8080"]));

        Outcome outcome = await cli.RunAsync("apps");

        Assert.Equal("words\t3\tunknown\t\t\t\ttoken\t2026-08-01T11:55:00.000Z", outcome.Lines[1]);
        Assert.Contains("no answer in time from http://10.0.0.2:8080", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apps_are_an_aligned_coloured_table_on_a_terminal()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Apps}", new AppListView([Views.App(), Views.App("a-much-longer-name")]));

        Outcome outcome = await cli.OnTerminalAsync("apps");

        Assert.Contains("\u001b[1mwords\u001b[0m", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("5m ago", outcome.Out, StringComparison.Ordinal);
        string[] rows = [.. outcome.Lines.Select(Ansi.Strip)];
        Assert.Equal(rows[1].IndexOf("5m ago", StringComparison.Ordinal), rows[2].IndexOf("5m ago", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_color_is_obeyed()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment["NO_COLOR"] = "1";
        cli.Server.On($"GET {Apps}", new AppListView([Views.App()]));

        Outcome outcome = await cli.OnTerminalAsync("apps");

        Assert.DoesNotContain('\u001b', outcome.Out);
        Assert.Contains("words", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_what_the_server_said_with_fields_that_this_version_does_not_know()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Apps}", "{\"apps\":[],\"of_the_future\":1}");

        Outcome json = await cli.RunAsync("apps", "--json");
        Outcome table = await cli.OnTerminalAsync("apps");

        Assert.Equal("{\"apps\":[],\"of_the_future\":1}\n", json.Out);
        Assert.Contains("No apps in p-local.", table.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_from_the_server_are_neither_markup_nor_commands_to_the_terminal()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Apps}", new AppListView([Views.App("[red]x[/]\u001b[2J\ny")]));

        Outcome terminal = await cli.OnTerminalAsync("apps");
        Outcome pipe = await cli.RunAsync("apps");

        Assert.Contains("[red]x[/]\\u001B[2J\\u000Ay", Ansi.Strip(terminal.Out), StringComparison.Ordinal);
        Assert.Equal(2, pipe.Lines.Length);
        Assert.StartsWith("[red]x[/]\\u001B[2J\\u000Ay\t", pipe.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_shows_limits_replicas_runs_decisions_and_revisions()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        ScriptApp(cli.Server);

        Outcome outcome = await cli.OnTerminalAsync("app", "words");

        string text = Ansi.Strip(outcome.Out);
        Assert.Equal(0, outcome.Exit);
        Assert.Contains("0 to 4, 10 calls each, round-robin", text, StringComparison.Ordinal);
        Assert.Contains("run 15m, queue 30s and 1000 calls, cold start 2m, cooldown 10s", text, StringComparison.Ordinal);
        Assert.Contains("words-1", text, StringComparison.Ordinal);
        Assert.Contains("exit code 137", text, StringComparison.Ordinal);
        Assert.Contains("three calls wait", text, StringComparison.Ordinal);
        Assert.Contains("1 → 3", text, StringComparison.Ordinal);
        Assert.Contains("current", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_as_json_is_one_document_of_all_its_parts()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        ScriptApp(cli.Server);

        Outcome outcome = await cli.RunAsync("app", "words", "--json");

        using var json = System.Text.Json.JsonDocument.Parse(outcome.Out);
        Assert.Equal(["app", "replicas", "functions", "scaling", "revisions"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(3, json.RootElement.GetProperty("app").GetProperty("revision").GetInt32());
    }

    [Fact]
    public async Task Missing_app_is_exit_5_and_the_problem_is_the_json()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem($"GET {Apps}/nope", 404, "app_not_found", "There is no app nope.");

        Outcome text = await cli.RunAsync("app", "nope");
        Outcome json = await cli.RunAsync("app", "nope", "--json");

        Assert.Equal((5, ""), (text.Exit, text.Out));
        Assert.Contains("`intercluster apps` lists", text.Error, StringComparison.Ordinal);
        Assert.Equal(5, json.Exit);
        Assert.Contains("\"code\":\"app_not_found\"", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_names_the_revision()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Apps}/words/rollback", Views.App(revision: 4));

        Outcome outcome = await cli.RunAsync("app", "words", "rollback", "2");

        Assert.Equal("{\"revision\":2}", cli.Server.Only.Body);
        Assert.Equal("words runs revision 4, which is revision 2 again.\n", outcome.Out);
    }

    [Fact]
    public async Task Delete_asks_a_person_and_obeys()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.CanAsk = true;
        cli.Server.On($"DELETE {Apps}/words", new AppDeletedView("p-local", "words", Drained: true));

        cli.Input = "n\n";
        Outcome refused = await cli.OnTerminalAsync("delete", "words");
        Assert.Empty(cli.Server.Requests);
        cli.Input = "y\n";
        Outcome done = await cli.OnTerminalAsync("delete", "words");

        Assert.Equal(1, refused.Exit);
        Assert.Equal(0, done.Exit);
        Assert.Single(cli.Server.Requests);
    }

    [Fact]
    public async Task Delete_in_a_script_needs_yes_and_never_asks()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"DELETE {Apps}/words", new AppDeletedView("p-local", "words", Drained: false), 202);

        Outcome without = await cli.RunAsync("delete", "words");
        Outcome with = await cli.RunAsync("delete", "words", "--yes");

        Assert.Equal(2, without.Exit);
        Assert.DoesNotContain("[y/N]", without.Error, StringComparison.Ordinal);
        Assert.Equal((0, "words is deleted; calls in flight go on to their end.\n"), (with.Exit, with.Out));
    }

    [Fact]
    public async Task Logs_are_lines_for_people_and_the_servers_own_lines_for_scripts()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        const string First = "{\"time\":\"2026-08-01T11:59:00+00:00\",\"replica\":\"r1\",\"stream\":\"stdout\",\"text\":\"hello\\u001b[31m\"}";
        const string Second = "{\"time\":\"2026-08-01T11:59:01+00:00\",\"replica\":\"r2\",\"stream\":\"event\",\"text\":\"ready\"}";
        cli.Server.On($"GET {Apps}/words/logs", c => FakeServer.WriteAsync(c, 200, "application/x-ndjson", $"{First}\n\n{Second}\n"));

        Outcome text = await cli.RunAsync("logs", "words", "--tail", "5");
        Outcome json = await cli.RunAsync("logs", "words", "--json", "--replica", "r2");

        Assert.Equal(["2026-08-01T11:59:00.000Z\tr1\thello\\u001B[31m", "2026-08-01T11:59:01.000Z\tr2\tready"], text.Lines);
        Assert.Equal([Second], json.Lines);
        Assert.Equal($"{Apps}/words/logs?tail=5", cli.Server.Requests[0].PathAndQuery);
    }

    [Fact]
    public async Task Followed_logs_come_at_once_and_end_with_the_interrupt()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        using var interrupt = new CancellationTokenSource();
        cli.Server.On($"GET {Apps}/words/logs", async c =>
        {
            await c.Response.WriteAsync("{\"time\":\"2026-08-01T11:59:00Z\",\"replica\":\"r1\",\"stream\":\"stdout\",\"text\":\"live\"}\n");
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        Task<Outcome> running = cli.RunAsync(terminal: false, interrupt.Token, "logs", "words", "-f");
        await cli.Bytes.SeenAsync("live");
        await interrupt.CancelAsync();

        Assert.Equal((130, ""), ((await running).Exit, (await running).Error));
        Assert.Equal($"{Apps}/words/logs?tail=100&follow=true", cli.Server.Only.PathAndQuery);
    }

    private static void ScriptApp(FakeServer server)
    {
        server.On($"GET {Apps}/words", Views.App());
        server.On($"GET {Apps}/words/replicas", new ReplicaListView(2, false, [Views.Replica(ReplicaState.Crashed, detail: "exit code 137")]));
        server.On($"GET {Apps}/words/functions", new FunctionListView([new FunctionView("count", 1, 2, 3)]));
        server.On($"GET {Apps}/words/scaling", new ScalingHistoryView([new ScalingDecisionView(CliHarness.Now, 1, 3, "three calls wait", 1, 3, 0)]));
        server.On($"GET {Apps}/words/revisions", new RevisionListView([new RevisionView(3, CliHarness.Now, "admin", true)]));
    }
}
