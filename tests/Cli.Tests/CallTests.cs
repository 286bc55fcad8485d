using System.Text;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Cli.Tests;

public sealed class CallTests
{
    private const string Echo = "/v4/p-local/words/count";

    [Fact]
    public async Task Call_sends_the_token_the_path_and_the_query_and_prints_the_body_alone()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c => FakeServer.WriteAsync(c, 200, "text/plain", "five"));

        Outcome outcome = await cli.RunAsync("call", "words/count?lang=en&x=a%20b");

        Assert.Equal((0, "five", ""), (outcome.Exit, outcome.Out, outcome.Error));
        Assert.Equal($"{Echo}?lang=en&x=a%20b", cli.Server.Only.PathAndQuery);
        Assert.Equal("Bearer test-token", cli.Server.Only.Header("Authorization"));
    }

    [Theory]
    [InlineData("{\"a\":1}", "application/json; charset=utf-8")]
    [InlineData("to be", "text/plain; charset=utf-8")]
    public async Task Data_makes_it_a_post_of_the_type_that_the_text_has(string data, string type)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Echo}", c => FakeServer.WriteAsync(c, 200, "text/plain", "ok"));

        Outcome outcome = await cli.RunAsync("call", "words/count", "--data", data, "-H", "X-Lang: en", "-H", "X-More: 2");

        Arrived request = cli.Server.Only;
        Assert.Equal(0, outcome.Exit);
        Assert.Equal((data, type), (request.Body, request.Header("Content-Type")));
        Assert.Equal(("en", "2"), (request.Header("X-Lang"), request.Header("X-More")));
    }

    [Fact]
    public async Task Given_method_and_content_type_win()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"PUT {Echo}", c => FakeServer.WriteAsync(c, 200, "text/plain", "ok"));

        await cli.RunAsync("call", "words/count", "-X", "put", "-d", "a,b", "-H", "Content-Type: text/csv");

        Assert.Equal("text/csv", cli.Server.Only.Header("Content-Type"));
    }

    [Fact]
    public async Task File_and_standard_input_are_bodies()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("in.json", "{}");
        cli.Input = "from a pipe";
        cli.Server.On($"POST {Echo}", c => FakeServer.WriteAsync(c, 200, "text/plain", "ok"));

        await cli.RunAsync("call", "words/count", "--file", "in.json");
        await cli.RunAsync("call", "words/count", "--file", "-");

        Assert.Equal(["{}", "from a pipe"], cli.Server.Requests.Select(r => r.Body));
        Assert.Equal(["application/json", "application/octet-stream"], cli.Server.Requests.Select(r => r.Header("Content-Type")));
    }

    [Fact]
    public async Task Body_is_printed_piece_by_piece_as_it_comes()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cli.Server.On($"GET {Echo}", async c =>
        {
            await c.Response.WriteAsync("first ");
            await c.Response.Body.FlushAsync();
            await seen.Task;
            await c.Response.WriteAsync("second");
        });

        Task<Outcome> running = cli.RunAsync("call", "words/count");
        await cli.Bytes.SeenAsync("first");
        Assert.False(running.IsCompleted);
        seen.SetResult();

        Assert.Equal("first second", (await running).Out);
    }

    [Fact]
    public async Task Stream_asks_for_events_and_prints_the_data_of_each()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c => FakeServer.WriteAsync(c, 200, "text/event-stream", "data: one\n\nevent: end\nid: 7\ndata: two\n\n"));

        Outcome plain = await cli.RunAsync("call", "words/count", "--stream");
        Outcome json = await cli.RunAsync("call", "words/count", "--stream", "--json");

        Assert.Equal("one\ntwo\n", plain.Out);
        Assert.Equal(["{\"event\":\"message\",\"data\":\"one\"}", "{\"event\":\"end\",\"data\":\"two\",\"id\":\"7\"}"], json.Lines);
        Assert.All(cli.Server.Requests, r => Assert.Equal("text/event-stream", r.Header("Accept")));
    }

    [Theory]
    [InlineData(401, "unauthenticated", 4)]
    [InlineData(403, "forbidden", 4)]
    [InlineData(404, "app_not_found", 5)]
    [InlineData(413, "too_large", 1)]
    [InlineData(503, "queue_full", 1)]
    [InlineData(504, "run_timeout", 6)]
    public async Task Refusal_is_explained_with_its_code_and_an_exit_code_of_its_own(int status, string code, int exit)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem($"GET {Echo}", status, code, "What happened.");

        Outcome outcome = await cli.RunAsync("call", "words/count");

        Assert.Equal((exit, ""), (outcome.Exit, outcome.Out));
        Assert.StartsWith($"error: What happened. [{code}]\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_after_is_passed_on_to_the_person()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c =>
        {
            c.Response.Headers.RetryAfter = "30";
            return FakeServer.WriteAsync(c, 503, "application/problem+json", """{"title":"t","status":503,"code":"queue_full","detail":"Full."}""");
        });

        Outcome outcome = await cli.RunAsync("call", "words/count");

        Assert.Contains("Try again later. The server asks for 30s of patience.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_of_the_app_itself_is_its_answer_and_fails_the_command()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c => FakeServer.WriteAsync(c, 500, "text/plain", "division by zero"));
        cli.Server.On($"GET {Echo}/2", c => FakeServer.WriteAsync(c, 422, "application/problem+json", "{\"title\":\"mine\"}"));

        Outcome text = await cli.RunAsync("call", "words/count");
        Outcome problem = await cli.RunAsync("call", "words/count/2");

        Assert.Equal((1, "division by zero"), (text.Exit, text.Out));
        Assert.StartsWith("500\t", text.Error, StringComparison.Ordinal);
        Assert.Equal((1, "{\"title\":\"mine\"}"), (problem.Exit, problem.Out));
    }

    [Fact]
    public async Task Json_holds_status_headers_and_a_json_body()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c =>
        {
            c.Response.Headers["X-Request-Id"] = Views.RunId;
            return FakeServer.WriteAsync(c, 200, "application/json", "{\"words\":5}");
        });

        Outcome outcome = await cli.RunAsync("call", "words/count", "--json");

        using var json = System.Text.Json.JsonDocument.Parse(outcome.Out);
        Assert.Equal(200, json.RootElement.GetProperty("status").GetInt32());
        Assert.Equal(Views.RunId, json.RootElement.GetProperty("run_id").GetString());
        Assert.Equal(5, json.RootElement.GetProperty("body").GetProperty("words").GetInt32());
        Assert.Equal("application/json", json.RootElement.GetProperty("headers").GetProperty("content-type").GetString());
    }

    [Fact]
    public async Task Json_keeps_bytes_that_are_no_text_in_base64()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c => c.Response.Body.WriteAsync(new byte[] { 0xff, 0, 0xfe }).AsTask());

        Outcome outcome = await cli.RunAsync("call", "words/count", "--json");

        Assert.Contains("\"body_base64\":\"/wD+\"", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminal_obeys_nothing_that_the_answer_says()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c => FakeServer.WriteAsync(c, 200, "text/plain", "a\u001b]0;owned\u0007b [red]c[/] \u202Ed\r\nnext\tline"));

        Outcome terminal = await cli.OnTerminalAsync("call", "words/count");
        Outcome pipe = await cli.RunAsync("call", "words/count");

        Assert.Equal("a\\u001B]0;owned\\u0007b [red]c[/] \\u202Ed\r\nnext\tline\n", terminal.Out);
        Assert.Equal("a\u001b]0;owned\u0007b [red]c[/] \u202Ed\r\nnext\tline", pipe.Out);
    }

    [Fact]
    public async Task Binary_is_not_shown_on_a_terminal_but_written_to_a_file()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        byte[] image = [0x89, 0x50, 0, 1, 2];
        cli.Server.On($"GET {Echo}", c =>
        {
            c.Response.ContentType = "image/png";
            return c.Response.Body.WriteAsync(image).AsTask();
        });

        Outcome shown = await cli.OnTerminalAsync("call", "words/count");
        Outcome saved = await cli.OnTerminalAsync("call", "words/count", "-o", "out.png");

        Assert.Equal((0, ""), (shown.Exit, shown.Out));
        Assert.Contains("The answer is binary (image/png)", shown.Error, StringComparison.Ordinal);
        Assert.Equal(0, saved.Exit);
        Assert.Equal(image, await File.ReadAllBytesAsync(Path.Combine(cli.Directory, "out.png")));
    }

    [Fact]
    public async Task Include_shows_status_and_headers_beside_the_body()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", c =>
        {
            c.Response.Headers["X-Answer"] = "42";
            return FakeServer.WriteAsync(c, 201, "text/plain", "made");
        });

        Outcome outcome = await cli.RunAsync("call", "words/count", "-i");

        Assert.Equal("made", outcome.Out);
        Assert.Contains("HTTP/1.1 201 Created\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("X-Answer: 42\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timeout_is_exit_6()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", async c =>
        {
            cli.Time.Advance(TimeSpan.FromSeconds(6));
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        Outcome outcome = await cli.RunAsync("call", "words/count", "--timeout", "5s");

        Assert.Equal(6, outcome.Exit);
        Assert.Contains("words/count has not answered in full after 5s.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupt_ends_a_stream_with_130_and_no_complaint()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        using var interrupt = new CancellationTokenSource();
        cli.Server.On($"GET {Echo}", async c =>
        {
            await c.Response.WriteAsync("so far");
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        Task<Outcome> running = cli.RunAsync(terminal: false, interrupt.Token, "call", "words/count");
        await cli.Bytes.SeenAsync("so far");
        await interrupt.CancelAsync();

        Outcome outcome = await running;
        Assert.Equal((130, "so far", ""), (outcome.Exit, outcome.Out, outcome.Error));
    }

    [Fact]
    public async Task Answer_that_breaks_off_is_a_failure()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Echo}", async c =>
        {
            c.Response.ContentLength = 100;
            await c.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("half"));
            await c.Response.Body.FlushAsync();
            await cli.Bytes.SeenAsync("half");
            c.Abort();
        });

        Outcome outcome = await cli.RunAsync("call", "words/count");

        Assert.Equal((1, "half"), (outcome.Exit, outcome.Out));
        Assert.StartsWith("error: The connection broke", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Words/count")]
    [InlineData("../count")]
    [InlineData("words/a b")]
    [InlineData("words/a#b")]
    public async Task Target_that_cannot_be_is_a_usage_error_and_nothing_is_sent(string target)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync("call", target);

        Assert.Equal(2, outcome.Exit);
        Assert.Empty(cli.Server.Requests);
    }

    [Theory]
    [InlineData("--data", "x", "--file", "y")]
    [InlineData("--file", "missing.json")]
    [InlineData("--header", "no colon")]
    [InlineData("--method", "GE T")]
    [InlineData("--timeout", "soon")]
    public async Task Wrong_options_are_usage_errors(params string[] options)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync(["call", "words/count", .. options]);

        Assert.Equal((2, ""), (outcome.Exit, outcome.Out));
        Assert.NotEmpty(outcome.Error);
        Assert.Empty(cli.Server.Requests);
    }
}
