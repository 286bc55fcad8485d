using Microsoft.Extensions.Logging.Console;

namespace InterCluster.Server.Hosting;

/// <summary>
/// Structured logs: one JSON object per event (control characters escaped), or one plain line per event on a terminal. The framework speaks
/// from warnings on.
/// </summary>
internal static class ServerLogging
{
    public static void Add(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning).AddFilter("MassTransit", LogLevel.Warning).AddFilter("Yarp", LogLevel.Error);
        // Every message that a broker did not take, or gave back, with its stack: they are counted, and the sweep mends them (docs/decisions/0008).
        logging.AddFilter("MassTransit.ReceiveTransport", LogLevel.Critical).AddFilter("MassTransit.SendTransport", LogLevel.Critical);
        // It warns that a port without TLS cannot speak HTTP/2: ours can (Http2PriorKnowledge).
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        if (Console.IsOutputRedirected)
        {
            logging.AddJsonConsole(json => (json.UseUtcTimestamp, json.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
        else
        {
            logging.AddSimpleConsole(simple => (simple.SingleLine, simple.TimestampFormat, simple.ColorBehavior) = (true, "HH:mm:ss.fff ", LoggerColorBehavior.Default));
        }
    }
}
