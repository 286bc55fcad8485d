using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>What was written to the audit's category.</summary>
internal sealed class AuditLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => categoryName == "InterCluster.Audit" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue(formatter(state, exception));

    public void Dispose()
    {
    }
}
