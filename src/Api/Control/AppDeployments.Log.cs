using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Control;

internal sealed partial class AppDeployments
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Deployed {App} revision {Revision} for {Caller}")]
    private partial void LogDeployed(AppId app, int revision, string caller);

    [LoggerMessage(Level = LogLevel.Information, Message = "Rolled {App} back to revision {Old}, as revision {Revision}, for {Caller}")]
    private partial void LogRolledBack(AppId app, int old, int revision, string caller);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {App} for {Caller}; {Failed} waiting runs ended as failed")]
    private partial void LogDeleted(AppId app, string caller, int failed);

    [LoggerMessage(Level = LogLevel.Error, Message = "The replicas of the deleted {App} could not be drained")]
    private partial void LogDrainFailed(AppId app, Exception e);
}
