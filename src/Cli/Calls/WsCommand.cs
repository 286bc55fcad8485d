using System.CommandLine;
using System.Net.WebSockets;
using InterCluster.Cli.CommandLine;

namespace InterCluster.Cli.Calls;

/// <summary><c>ws APP/FUNCTION</c>: a WebSocket; lines go out, messages come in.</summary>
internal sealed class WsCommand : CliCommand
{
    private readonly Argument<string> _target = new("APP/FUNCTION") { Description = "The app, its function and whatever follows in the path and query" };

    private readonly Option<string[]> _messages = new("--message", "-m")
    {
        Description = "Send this instead of the lines of standard input; can be given again",
        HelpName = "TEXT",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int?> _count = new("--count", "-n") { Description = "Leave after this many messages came in", HelpName = "N" };
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Timeout();

    public WsCommand(CliHost host)
        : base(host, "ws", "Open a WebSocket: each line of standard input is sent, each message is printed.",
        [
            "intercluster ws chat/room",
            "intercluster ws echo/ws -m hello --count 1",
            "seq 10 | intercluster ws echo/ws",
        ])
    {
        Arguments.Add(_target);
        Options.Add(_messages);
        Options.Add(_count);
        Options.Add(_timeout);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        CallTarget target = CallTarget.Parse(session.Get(_target));
        using var patience = new Patience(session.Get(_timeout), session.Time, ct);
        return await patience.RunAsync(limited => TalkAsync(session, target, limited), $"{target} is still open");
    }

    private async Task<int> TalkAsync(CliSession session, CallTarget target, CancellationToken ct)
    {
        using ClientWebSocket socket = await SocketConversation.ConnectAsync(session, target, ct);
        string[] messages = session.Get(_messages) ?? [];
        var conversation = new SocketConversation(session, socket);
        return await conversation.RunAsync(
            messages.Length > 0 ? messages.ToAsyncEnumerable() : SocketConversation.LinesAsync(session.Host.Input, ct),
            session.Get(_count) ?? int.MaxValue,
            ct);
    }
}
