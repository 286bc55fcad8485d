using InterCluster.Core.Runs;
using Microsoft.AspNetCore.Http;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class RunTests
{
    private const string Runs = "/api/v1/projects/p-local/runs";
    private const string Run = $"{Runs}/{Views.RunId}";

    [Fact]
    public async Task Submit_sends_an_async_call_with_its_wishes_and_prints_the_id_alone()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("POST /v4/p-local/words/count", new RunAccepted(Views.RunId), 202);

        Outcome outcome = await cli.RunAsync(
            "submit", "words/count?x=1", "--data", "{}", "--idempotency-key", "k-1", "--delay", "90s", "--priority", "high", "--max-attempts", "3");

        Arrived request = cli.Server.Only;
        Assert.Equal((0, Views.RunId + "\n"), (outcome.Exit, outcome.Out));
        Assert.Equal("/v4/p-local/words/count?x=1&async=true", request.PathAndQuery);
        Assert.Equal("k-1", request.Header("Idempotency-Key"));
        Assert.Equal("90s", request.Header("X-InterCluster-Delay"));
        Assert.Equal("high", request.Header("X-InterCluster-Priority"));
        Assert.Equal("3", request.Header("X-InterCluster-Max-Attempts"));
    }

    [Fact]
    public async Task Submit_without_a_body_is_a_post()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("POST /v4/p-local/words/count", new RunAccepted(Views.RunId), 202);

        Outcome outcome = await cli.RunAsync("submit", "words/count", "--json");

        Assert.Equal($"{{\"run_id\":\"{Views.RunId}\"}}\n", outcome.Out);
        Assert.Equal("/v4/p-local/words/count?async=true", cli.Server.Only.PathAndQuery);
    }

    [Fact]
    public async Task Submit_that_is_refused_says_why()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem("POST /v4/p-local/words/count", 422, "idempotency_mismatch", "The key k was used with another body.");

        Outcome outcome = await cli.RunAsync("submit", "words/count", "--idempotency-key", "k");

        Assert.Equal((1, ""), (outcome.Exit, outcome.Out));
        Assert.Contains("use a new one", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_with_result_waits_and_prints_the_functions_answer()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("POST /v4/p-local/words/count", new RunAccepted(Views.RunId), 202);
        cli.Server.On($"GET {Run}", Views.Run(RunState.Succeeded, status: 200));
        OnResult(cli, 200, "text/plain", "five");

        Outcome outcome = await cli.RunAsync("submit", "words/count", "--result");

        Assert.Equal((0, "five"), (outcome.Exit, outcome.Out));
    }

    [Fact]
    public async Task Run_shows_what_is_known_of_it()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Run}", Views.Run(RunState.Dead, attempt: 5, status: 503, error: "function_error"));

        Outcome outcome = await cli.RunAsync("run", Views.RunId);

        Assert.Equal(1, outcome.Exit);
        Assert.Contains("state\tdead\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("attempt\t5 of 5\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("error\tfunction_error\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("took\t2.5\n", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunState.Succeeded, 0)]
    [InlineData(RunState.Failed, 1)]
    [InlineData(RunState.Cancelled, 1)]
    [InlineData(RunState.Dead, 1)]
    public async Task Wait_ends_with_the_run_and_reports_each_state_once(RunState end, int exit)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        Queue<RunView> answers = new(
        [
            Views.Run(RunState.Queued, attempt: 0), Views.Run(RunState.Running), Views.Run(RunState.Running), Views.Run(end, status: 200),
        ]);
        cli.Server.On($"GET {Run}", c =>
        {
            cli.Time.Advance(TimeSpan.FromSeconds(2));
            return FakeServer.WriteAsync(c, 200, "application/json", answers.Dequeue());
        });

        Outcome outcome = await cli.RunAsync("run", Views.RunId, "--wait", "--json");

        Assert.Equal(exit, outcome.Exit);
        Assert.Equal([Run, $"{Run}?wait=2s", $"{Run}?wait=2s", $"{Run}?wait=2s"], cli.Server.Requests.Select(r => r.PathAndQuery));
        Assert.Equal(
            $"run {Views.RunId}: queued (2s)\nrun {Views.RunId}: running (4s)\nrun {Views.RunId}: {end.ToString().ToLowerInvariant()} (8s)\n",
            outcome.Error);
        Assert.Single(outcome.Lines);
    }

    [Fact]
    public async Task Wait_does_not_hammer_a_server_that_does_not_hold_the_poll()
    {
        var time = new SkippingTime(CliHarness.Now);
        await using CliHarness cli = await CliHarness.StartAsync(time);
        int asked = 0;
        cli.Server.On($"GET {Run}", c => FakeServer.WriteAsync(
            c, 200, "application/json", Views.Run(++asked < 5 ? RunState.Running : RunState.Succeeded, status: 200)));

        Outcome outcome = await cli.RunAsync("run", Views.RunId, "--wait");

        Assert.Equal((0, 5), (outcome.Exit, asked));
        Assert.Equal(3, time.Skipped);
    }

    [Fact]
    public async Task Wait_on_a_terminal_leaves_only_the_result()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Run}", Views.Run(RunState.Succeeded, status: 200));

        Outcome outcome = await cli.OnTerminalAsync("run", Views.RunId, "--wait");

        Assert.Equal(0, outcome.Exit);
        Assert.Contains("succeeded", Ansi.Strip(outcome.Out), StringComparison.Ordinal);
        Assert.Contains("1m 30s ago", Ansi.Strip(outcome.Out), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_that_takes_too_long_is_exit_6_and_an_interrupt_130()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        using var interrupt = new CancellationTokenSource();
        Action onPoll = () => cli.Time.Advance(TimeSpan.FromMinutes(1));
        cli.Server.On($"GET {Run}", async c =>
        {
            if (c.Request.Query.ContainsKey("wait"))
            {
                onPoll();
                await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            }

            await FakeServer.WriteAsync(c, 200, "application/json", Views.Run(RunState.Running));
        });

        Outcome late = await cli.RunAsync("run", Views.RunId, "--wait", "--timeout", "30s");
        onPoll = interrupt.Cancel;
        Outcome stopped = await cli.RunAsync(terminal: false, interrupt.Token, "run", Views.RunId, "--wait");

        Assert.Equal((6, 130), (late.Exit, stopped.Exit));
        Assert.Contains($"Run {Views.RunId} has not ended after 30s.", late.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("error", stopped.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_of_a_failed_run_is_still_its_answer()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Run}", Views.Run(RunState.Failed, status: 409, error: "function_error"));
        OnResult(cli, 409, "application/problem+json", "the function said so");

        Outcome outcome = await cli.RunAsync("run", Views.RunId, "--result");

        Assert.Equal(1, outcome.Exit);
        Assert.Contains("the function said so", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_as_json_holds_the_run_and_the_answer()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Run}", Views.Run(RunState.Succeeded, status: 200));
        OnResult(cli, 200, "application/json", "{\"words\":5}");

        Outcome outcome = await cli.RunAsync("run", Views.RunId, "--result", "--json");

        using var json = System.Text.Json.JsonDocument.Parse(outcome.Out);
        Assert.Equal("succeeded", json.RootElement.GetProperty("run").GetProperty("state").GetString());
        Assert.Equal(5, json.RootElement.GetProperty("result").GetProperty("body").GetProperty("words").GetInt32());
    }

    [Fact]
    public async Task Result_that_is_not_there_says_why()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Run}", Views.Run(RunState.Succeeded, status: 200));
        cli.Server.OnProblem($"GET {Run}/result", 410, "expired", "Results are kept for 7 days.");
        Outcome expired = await cli.RunAsync("run", Views.RunId, "--result");
        cli.Server.On($"GET {Run}", Views.Run(RunState.Running));
        Outcome early = await cli.RunAsync("run", Views.RunId, "--result");

        Assert.Equal((1, 1), (expired.Exit, early.Exit));
        Assert.Contains("has no result: Results are kept for 7 days. [expired]", expired.Error, StringComparison.Ordinal);
        Assert.Contains("is running: there is no result yet. [not_finished]", early.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_that_never_got_an_answer_has_failed_whatever_the_status_says()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Run}", Views.Run(RunState.Dead, attempt: 5, error: "run_timeout"));
        cli.Server.OnProblem($"GET {Run}/result", 504, "run_timeout", "Every attempt ran too long.");

        Outcome outcome = await cli.RunAsync("run", Views.RunId, "--result");

        Assert.Equal((1, ""), (outcome.Exit, outcome.Out));
        Assert.Contains("(dead) has no result: Every attempt ran too long. [run_timeout]", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_passes_its_filters_on_and_names_the_next_page()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Runs}", new RunListView([Views.Run(RunState.Dead, attempt: 5, status: 500, error: "function_error")], "c2"));

        Outcome outcome = await cli.RunAsync(
            "runs", "--app", "words", "--function", "count", "--state", "dead", "--from", "2h", "--to", "2026-08-01T11:00:00Z", "-n", "5", "--cursor", "c1");

        Assert.Equal(
            $"{Runs}?app=words&function=count&state=dead&from=2026-08-01T10%3A00%3A00.000Z&to=2026-08-01T11%3A00%3A00.000Z&limit=5&cursor=c1",
            cli.Server.Only.PathAndQuery);
        Assert.Equal($"{Views.RunId}\twords/count\tdead\t5/5\t500\t2026-08-01T11:58:30.000Z\t2.5\tfunction_error", outcome.Lines[1]);
        Assert.Contains("--cursor c2", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_all_walks_every_page_under_one_heading_or_as_lines_of_json()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        string other = Views.RunId.Replace('1', '2');
        cli.Server.On($"GET {Runs}", c => FakeServer.WriteAsync(c, 200, "application/json", c.Request.Query["cursor"] == "c2"
            ? new RunListView([Views.Run(RunState.Queued, id: other)], null)
            : new RunListView([Views.Run(RunState.Queued)], "c2")));

        Outcome text = await cli.RunAsync("runs", "--all");
        Outcome json = await cli.RunAsync("runs", "--all", "--json");

        Assert.Equal(["RUN", Views.RunId, other], text.Lines.Select(l => l.Split('\t')[0]));
        Assert.Equal(2, json.Lines.Length);
        Assert.Contains(other, json.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ids_are_whole_on_a_narrow_terminal()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Width = 80;
        cli.Server.On($"GET {Runs}", new RunListView([Views.Run(RunState.Dead, attempt: 5, status: 500, error: "function_error")], null));

        Outcome outcome = await cli.OnTerminalAsync("runs");

        string text = Ansi.Strip(outcome.Out);
        Assert.Contains($"{Views.RunId}  words/count  dead", text, StringComparison.Ordinal);
        Assert.Contains("function_error", text, StringComparison.Ordinal);
        Assert.DoesNotContain("CREATED", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), l => Assert.InRange(l.TrimEnd().Length, 0, 80));
    }

    [Fact]
    public async Task Cancel_and_replay_answer_for_each_run()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        string other = Views.RunId.Replace('1', '2');
        cli.Server.On($"DELETE {Run}", new RunChangeView(Views.RunId, true, RunState.Queued));
        cli.Server.On($"DELETE {Runs}/{other}", new RunChangeView(other, false, RunState.Succeeded));
        cli.Server.On($"POST {Run}/replay", new RunChangeView(Views.RunId, true, RunState.Dead));

        Outcome cancel = await cli.RunAsync("cancel", Views.RunId, other);
        Outcome replay = await cli.RunAsync("replay", Views.RunId);

        Assert.Equal((1, 0), (cancel.Exit, replay.Exit));
        Assert.Equal([$"{Views.RunId} is cancelled; it was queued.", $"{other} had ended before: succeeded."], cancel.Lines);
        Assert.Equal([$"{Views.RunId} is queued again; it was dead."], replay.Lines);
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Runs}/replay", Change(dryRun: true, matched: 3, changed: 0));

        Outcome outcome = await cli.RunAsync("replay", "--app", "words", "--state", "dead", "--tag", "a b", "--dry-run");

        Assert.Equal(0, outcome.Exit);
        Assert.Equal($"{Runs}/replay?app=words&state=dead&tag=a%20b&dry_run=true", cli.Server.Only.PathAndQuery);
        Assert.Equal([Views.RunId], outcome.Lines);
        Assert.Contains("3 runs found; nothing was changed.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_are_counted_then_changed_until_there_are_no_more()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        var answers = new Queue<RunsChangeView>(
            [Change(dryRun: true, matched: 5, changed: 0), Change(dryRun: false, matched: 3, changed: 3, more: true), Change(dryRun: false, matched: 2, changed: 2)]);
        cli.Server.On($"DELETE {Runs}", c => c.Response.WriteAsJsonAsync(answers.Dequeue(), WireJson.Options));

        Outcome outcome = await cli.RunAsync("cancel", "--function", "count", "--yes");

        Assert.Equal((0, ""), (outcome.Exit, outcome.Out));
        Assert.Contains("5 runs are cancelled.", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(
            [$"{Runs}?function=count&dry_run=true", $"{Runs}?function=count", $"{Runs}?function=count"], cli.Server.Requests.Select(r => r.PathAndQuery));
    }

    [Theory]
    [InlineData("y", 0, 2)]
    [InlineData("n", 1, 1)]
    public async Task Whoever_can_be_asked_about_many_is_asked(string answer, int exit, int requests)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        (cli.CanAsk, cli.Input) = (true, answer + "\n");
        cli.Server.On($"DELETE {Runs}", Change(dryRun: true, matched: 1, changed: 1));

        Outcome outcome = await cli.OnTerminalAsync("cancel", "--all");

        Assert.Equal((exit, requests), (outcome.Exit, cli.Server.Requests.Count));
        Assert.Contains("Cancel 1 run in p-local?", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_many_need_yes()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"DELETE {Runs}", Change(dryRun: true, matched: 1, changed: 0));

        Outcome outcome = await cli.RunAsync("cancel", "--all");

        Assert.Equal(2, outcome.Exit);
        Assert.Contains("--yes", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("dry_run=true", cli.Server.Only.PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_with_changes_sends_them_and_prints_the_new_run()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        string made = Views.RunId.Replace('1', '3');
        cli.Server.On($"POST {Run}/replay", new RunAccepted(made), 202);
        cli.Write("changes.json", """{"body":{"n":2}}""");

        Outcome outcome = await cli.RunAsync("replay", Views.RunId, "--changes-file", "changes.json");

        Assert.Equal((0, made + "\n"), (outcome.Exit, outcome.Out));
        Assert.Equal("""{"body":{"n":2}}""", cli.Server.Only.Body);
        Assert.StartsWith("application/json", cli.Server.Only.Header("Content-Type"), StringComparison.Ordinal);
    }

    private static RunsChangeView Change(bool dryRun, long matched, long changed, bool more = false) =>
        new() { DryRun = dryRun, Matched = matched, Changed = changed, More = more, RunIds = [Views.RunId] };

    [Theory]
    [InlineData("cancel")]
    [InlineData("replay", "--changes", "{}")]
    [InlineData("cancel", Views.RunId, "--all")]
    [InlineData("replay", "--app", "words", "--changes", "{}")]
    [InlineData("run", "42")]
    [InlineData("cancel", "../apps/words")]
    [InlineData("runs", "--state", "sleeping")]
    [InlineData("runs", "--from", "yesterday-ish")]
    [InlineData("submit", "words/count", "--priority", "urgent")]
    public async Task Wrong_values_are_usage_errors_and_nothing_is_sent(params string[] args)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync(args);

        Assert.Equal((2, ""), (outcome.Exit, outcome.Out));
        Assert.Empty(cli.Server.Requests);
    }

    private static void OnResult(CliHarness cli, int status, string type, string body) => cli.Server.On($"GET {Run}/result", c =>
    {
        c.Response.Headers["X-InterCluster-Attempt"] = "1";
        return FakeServer.WriteAsync(c, status, type, body);
    });
}
