namespace InterCluster.Bench.Gateway.Loads;

/// <summary>The process that opens WebSockets, echoes one message on each, says so, and holds them until its input ends.</summary>
internal static class WebSocketIdle
{
    public const string Opened = "opened";

    public static async Task<int> RunAsync(Uri url, IReadOnlyList<string> headers, int connections)
    {
        var sockets = new List<RawWebSocket>();
        for (var i = 0; i < connections; i++)
        {
            var socket = await RawWebSocket.OpenAsync(url, headers);
            await socket.EchoAsync();
            sockets.Add(socket);
        }

        Console.WriteLine(Opened);
        _ = await Console.In.ReadToEndAsync();
        foreach (var socket in sockets)
        {
            await socket.EchoAsync(); // Still alive, each of them.
            await socket.CloseAsync();
        }

        return 0;
    }
}
