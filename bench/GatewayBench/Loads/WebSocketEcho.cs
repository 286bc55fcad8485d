using System.Diagnostics;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>The process that sends messages and awaits their echoes; prints a <see cref="LoadReport"/>.</summary>
internal static class WebSocketEcho
{
    public static async Task<int> RunAsync(Uri url, IReadOnlyList<string> headers, int connections, TimeSpan duration)
    {
        var latencies = new LatencyHistogram();
        var sockets = new List<RawWebSocket>();
        for (var i = 0; i < connections; i++)
        {
            sockets.Add(await RawWebSocket.OpenAsync(url, headers));
        }

        var clock = Stopwatch.StartNew();
        var errors = (await Task.WhenAll(sockets.Select(socket => EchoUntilAsync(socket, clock, duration, latencies)))).Count(failed => failed);
        var report = new LoadReport(
            latencies.Count, (long)clock.Elapsed.TotalMicroseconds, latencies.Percentile(0.50), latencies.Percentile(0.99), errors);
        Console.WriteLine(report.ToLine());
        return 0;
    }

    private static async Task<bool> EchoUntilAsync(RawWebSocket socket, Stopwatch clock, TimeSpan end, LatencyHistogram latencies)
    {
        try
        {
            for (var start = clock.Elapsed; start < end;)
            {
                await socket.EchoAsync();
                var now = clock.Elapsed;
                latencies.Record(now - start);
                start = now;
            }

            await socket.CloseAsync();
            return false;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            socket.Dispose();
            return true;
        }
    }
}
