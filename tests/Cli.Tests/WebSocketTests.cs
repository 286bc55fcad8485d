using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Cli.Tests;

public sealed class WebSocketTests
{
    private const string Path = "/v4/p-local/echo/ws";

    [Fact]
    public async Task Lines_of_standard_input_are_sent_and_every_answer_is_printed_before_the_end()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Path}", EchoAsync);
        cli.Input = "one\ntwo\n";

        Outcome outcome = await cli.RunAsync("ws", "echo/ws");

        Assert.Equal((0, "one\ntwo\n"), (outcome.Exit, outcome.Out));
        Assert.Equal("Bearer test-token", cli.Server.Only.Header("Authorization"));
    }

    [Fact]
    public async Task Given_messages_are_sent_and_enough_answers_end_it()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Path}", EchoAsync);

        Outcome outcome = await cli.RunAsync("ws", "echo/ws", "-m", "a", "-m", "b", "-m", "c", "--count", "2");

        Assert.Equal((0, "a\nb\n"), (outcome.Exit, outcome.Out));
    }

    [Fact]
    public async Task Refused_upgrade_has_the_exit_code_of_its_status()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem($"GET {Path}", 404, "app_not_found");

        Outcome outcome = await cli.RunAsync("ws", "echo/ws");

        Assert.Equal(5, outcome.Exit);
        Assert.Contains("echo/ws answered 404", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Close_with_an_error_is_a_failure_and_told()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Path}", async c =>
        {
            using WebSocket socket = await c.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "no\u001b[31m", CancellationToken.None);
        });

        Outcome outcome = await cli.RunAsync("ws", "echo/ws", "-m", "x");

        Assert.Equal(1, outcome.Exit);
        Assert.Equal("Closed by the other side: 1008 no\\u001B[31m\n", outcome.Error);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
        {
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }
}
