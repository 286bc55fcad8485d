using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Webhooks;

/// <summary>What an operator looks up later: who changed where webhooks go. In the log, under a category of its own.</summary>
internal static partial class Audit
{
    /// <summary>The log's category.</summary>
    public const string Category = "InterCluster.Audit";

    public static ILogger Of(ILoggerFactory logging) => logging.CreateLogger(Category);

    [LoggerMessage(Level = LogLevel.Information, Message = "Project {Project}: key {KeyId} enabled the webhook receiver {Receiver}")]
    public static partial void Enabled(ILogger logger, string project, string receiver, string keyId);
}
