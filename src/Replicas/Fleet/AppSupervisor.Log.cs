using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Fleet;

internal sealed partial class AppSupervisor
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{App}: revision {Revision} takes over from revision {Old}")]
    private partial void LogPromoted(AppId app, int revision, int old);

    [LoggerMessage(Level = LogLevel.Error, Message = "{App}: revision {Revision} is not started any more after {Crashes} crashes in a row, the last: {Reason}. A new deploy starts it again")]
    private partial void LogGivenUp(AppId app, int revision, int crashes, string? reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{App}: the replicas could not be looked after; tried again on the next change")]
    private partial void LogPassFailed(AppId app, Exception error);
}
