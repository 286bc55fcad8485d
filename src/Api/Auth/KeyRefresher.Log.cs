using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Auth;

internal sealed partial class KeyRefresher
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Made an admin key in {Path}, readable by its owner only")]
    private partial void LogAdminKeyCreated(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys could not be read from the store; those that are known stay in force")]
    private partial void LogRefreshFailed(Exception e);
}
