using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace InterCluster.Api.Health;

/// <summary>How the server logs unless its settings say otherwise.</summary>
public static class LoggingDefaults
{
    /// <summary>
    /// One JSON object per line with UTC times, so that nothing a caller sends can begin a line of its own. What the framework says of single requests is
    /// left out: it holds query strings, and a query can hold a secret. Ours never holds tokens, headers, queries or bodies.
    /// </summary>
    public static ILoggingBuilder AddServerLogging(this ILoggingBuilder logging)
    {
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);
        logging.AddFilter("Yarp", LogLevel.Warning);
        logging.AddFilter("MassTransit", LogLevel.Warning);
        logging.AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            options.IncludeScopes = false;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(options =>
        {
            // A console that nobody reads must not hold up the one who logs.
            options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        return logging;
    }
}
